"""A task in words or code, with its answer."""

from __future__ import annotations

from typing import NamedTuple

from data_pipeline.text.special import Special

Text = str | bytes | tuple[str | bytes | Special, ...]
"""Text, or parts of it with special tokens between them."""


class Example(NamedTuple):
    """Attributes:
    language: of `special.LANGUAGES`.
    prompt: what is asked; may be empty.
    response: what is to be written.
    difficulty: graded from 1; 0 where it is not known.
    """

    language: str
    prompt: Text
    response: Text
    difficulty: int = 0


def around(prefix: str, suffix: str) -> Text:
    """A prompt that asks for what stands between two texts, in the order
    prefix-suffix-middle (Bavarian et al., arXiv:2207.14255, section 3)."""
    return Special.FIM_PREFIX, prefix, Special.FIM_SUFFIX, suffix, Special.FIM_MIDDLE
