"""A finished run as something to take away (floor 4)."""
