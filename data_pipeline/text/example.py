"""A task in words or code, with its answer."""

from __future__ import annotations

from typing import NamedTuple

from data_pipeline.text.special import LANGUAGES, Special

Text = str | bytes | tuple[str | bytes | Special, ...]
"""Text, or parts of it with special tokens between them."""


class Example(NamedTuple):
    """Attributes:
    language: of `LANGUAGES`.
    prompt: what is asked; may be empty.
    response: what is to be written.
    difficulty: graded from 1; 0 where it is not known.
    """

    language: str
    prompt: Text
    response: Text
    difficulty: int = 0


__all__ = ["LANGUAGES", "Example", "Special", "Text"]
