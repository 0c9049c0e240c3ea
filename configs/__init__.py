"""Presets; `default` defines every field."""

from typing import Any

Config = Any
"""A ConfigDict. To a type checker each of its fields may be of any type there is."""
