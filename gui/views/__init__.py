"""The pages: they lay out widgets, show what controllers tell, and hand on what is typed.

They know no client and decide nothing.
"""
