"""Loading, initialisation and heads (floor 2; torch starts here)."""
