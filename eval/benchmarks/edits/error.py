"""Why a reply cannot be applied."""

from __future__ import annotations

from data_pipeline.schema import UserError


class EditError(UserError):
    """A reply that cannot be applied; its message tells the model what to mend."""


class NoEdit(EditError):
    """A reply without any change in it, malformed or not."""
