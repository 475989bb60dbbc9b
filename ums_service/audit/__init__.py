"""The audit log behind its entries: read, checked, exported, sent elsewhere, dropped."""
