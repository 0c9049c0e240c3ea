"""Sudokus: boards whose rows, columns and boxes hold each digit once."""
