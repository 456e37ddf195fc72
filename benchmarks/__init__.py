"""One script a question; each writes its answer as JSON beside itself."""
