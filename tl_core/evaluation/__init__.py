"""Metrics, intervals, tests and verdicts: pure functions of predictions (floor 1)."""
