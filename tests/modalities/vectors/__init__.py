"""A modality without words: 16 numbers in a cell, which a vision transformer reads as a picture."""
