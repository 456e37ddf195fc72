"""Bundled demonstration sets for the dashboard, and the checks that they must pass."""
