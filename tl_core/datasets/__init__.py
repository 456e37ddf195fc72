"""From a table to a dataset: columns, classes, rows, identity (floor 1)."""
