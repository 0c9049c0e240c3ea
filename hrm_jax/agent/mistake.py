"""A mistake of one task among many."""

from __future__ import annotations

from data_pipeline.schema import UserError


class TaskMistake(UserError):
    """A task that cannot be worked on by a fault of its own; others can be."""
