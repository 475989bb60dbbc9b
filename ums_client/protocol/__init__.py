"""The contract of the service: messages as typed values, and values as bytes.

A leaf: it knows neither sockets nor the store. `codec` turns bytes into maps and
back, `message` holds the bases that requests and replies are made from, `accounts`,
`sessions` and `service` are the messages themselves, `actions` is the public surface
on one page, `errors` the codes a refusal can carry.
"""
