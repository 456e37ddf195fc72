"""From bytes to a dataset to a split (floor 1)."""
