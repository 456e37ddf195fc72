"""Models: every run with weights, and how to take it away."""
