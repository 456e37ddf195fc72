"""From a dataset to its train, validation and test part (floor 1)."""
