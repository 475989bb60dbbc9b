"""The service: a broker in front of handlers, rules and the store."""

__version__ = "0.1.0"
