"""The checks of the data doctor that read texts, one a file."""
