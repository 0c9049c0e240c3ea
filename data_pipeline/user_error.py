"""A user's mistake; apart from `schema`, so that the sandbox needs no numpy for it."""

from __future__ import annotations


class UserError(Exception):
    """A mistake that the user can fix; its message is one sentence that says how."""
