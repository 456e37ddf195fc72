"""Carrying out one run (floor 4); started from jobs by module name only."""
