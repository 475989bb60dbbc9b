"""What the service does by itself, beside answering: one chore in each file."""
