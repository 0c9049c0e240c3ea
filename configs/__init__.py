"""Presets; `default` holds every field."""
