"""Files like those that people bring, made for these tests."""

from pathlib import Path

FIELD = Path(__file__).parent
