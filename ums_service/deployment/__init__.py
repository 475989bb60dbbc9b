"""What operator and machine give the service: settings, keys, the store, a clock, a process."""
