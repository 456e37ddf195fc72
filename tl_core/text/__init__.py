"""What knows words, tokens and languages."""
