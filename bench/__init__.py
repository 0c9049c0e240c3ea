"""Measurements, each a command; nothing of the project imports them."""
