"""From the bytes of a request to those of its reply: who asks, what is told and logged."""
