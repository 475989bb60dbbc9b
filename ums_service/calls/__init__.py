"""One call and what handlers work with: the table of actions, facilities, refusals, figures."""
