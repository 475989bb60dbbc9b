"""A portal for the people of several labs, in Django. See README.md."""
