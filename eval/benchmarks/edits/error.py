"""Why a reply cannot be applied."""

from __future__ import annotations

from collections.abc import Mapping

from data_pipeline.schema import UserError


class EditError(UserError):
    """A reply that cannot be applied; its message tells the model what to repair."""


class Unmatched(EditError):
    """A reply some of whose changes have no place in the files.

    Attributes:
      files: with its other changes, for whoever wants these as they are.
      matched: how many others there are.
    """

    def __init__(self, message: str, files: Mapping[str, str], matched: int):
        super().__init__(message)
        self.files = dict(files)
        self.matched = matched


class NoEdit(EditError):
    """A reply without any change in it, malformed or not."""
