"""From the bytes of a file to a table of strings (floor 1)."""
