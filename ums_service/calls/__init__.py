"""One call, and what handlers work with: facilities, the table of actions, refusals."""
