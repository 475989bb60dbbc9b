"""An index of all accounts in memory, to find, filter, sort and count them."""
