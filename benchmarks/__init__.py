"""What the service costs, as ratios against floors measured in the same run.

    python -m benchmarks [--only GROUP]... [--quick] [--json FILE] [--scratch DIR]

table     a line of the result, its target, whether that was met
run       how long, how often, how many accounts; medians over alternating rounds
zmtp      just enough of ZeroMQ's wire protocol for a cheap client
peers     one client: a connection, its requests, a check of each reply
load      the load generator: many clients in lock-step, or requests at a given pace
workers   processes that measure
messages  request bodies, made by the client library's own encoder
servers   the service and the floors as processes: start, account for, stop
drive     one server under load: its rate, what a request cost on either side
echo      the floor of every request: a ROUTER that answers without looking
hashes    the floor of every login: Argon2 alone
stores    stores of many accounts, built through `storage` and copied for each use

reads, logins, writes, store_alone, start, checkpoint, scaling, other: one file for each
group of lines. Nothing here is imported by the product.
"""
