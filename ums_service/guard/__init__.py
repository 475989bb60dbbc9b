"""Who gets in, and with what rights: attempts, passwords, second factors, keys, grants."""
