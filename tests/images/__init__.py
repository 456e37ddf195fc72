"""Pictures: read, kept, compared, trained on."""
