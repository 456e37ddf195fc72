"""Prediction, and the server that answers typed text (floor 3)."""
