"""Arms x seeds x sizes to runs, and what they will cost, without torch (floor 2)."""
