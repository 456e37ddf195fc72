"""How others load what the project writes: with their libraries, where the project is not known."""
