"""Try it: ask about a text, predict a file."""
