"""What operator and machine give: settings, keys, the open store, a clock, the process."""
