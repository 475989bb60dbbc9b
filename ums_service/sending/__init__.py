"""What carries codes, mails and pushes to people, and who may send them."""
