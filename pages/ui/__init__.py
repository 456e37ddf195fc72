"""What three or more pages use: frame and session, cached readers, figures, formatting, the glossary."""
