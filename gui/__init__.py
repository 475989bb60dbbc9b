"""The desktop program: views draw, controllers decide, neither does the other's work."""
