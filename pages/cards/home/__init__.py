"""Home: the ways to start."""
