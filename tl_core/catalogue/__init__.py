"""Facts about base models, and token lengths, without torch (floor 1)."""
