"""Batches, precision and the one training loop (floor 3)."""
