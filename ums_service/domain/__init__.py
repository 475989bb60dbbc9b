"""The rules: accounts, passwords, sessions, lockout, audit.

Knows documents and transactions of the store; no sockets, no messages of the wire, no
environment and no clock: the time is always an argument.
"""
