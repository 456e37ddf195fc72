"""What runs have written, gathered into tables and verdicts, without torch (floor 2)."""
