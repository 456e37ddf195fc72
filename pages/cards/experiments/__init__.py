"""Several experiments beside each other."""
