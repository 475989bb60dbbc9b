"""What the program decides: what to ask the service, and what its answers mean.

They know the client and no window; views call them and are called back. Everything they
hand to views is plain text, numbers and small dataclasses.
"""
