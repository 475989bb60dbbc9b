"""Accounts as data: imports judged and written, exports, all that is kept of a person."""
