"""Data: the columns of an upload, the data doctor, the split."""
