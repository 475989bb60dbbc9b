"""Putting a service together, starting it, and the doors that open: requests, the operator."""
