"""From an upload to an intake: a dataset, its split and what the data doctor found (floor 2)."""
