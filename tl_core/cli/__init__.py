"""The same engine from a shell (floor 5)."""
