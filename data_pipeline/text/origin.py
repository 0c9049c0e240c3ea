"""Where examples of text come from."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from data_pipeline.task import LeftOut
from data_pipeline.text.example import Example
from data_pipeline.text.tokenizer import Tokenizer

SPLITS = ("train", "validation", "test")


class Origin(Protocol):
    """Examples by split, always the same and in the same order."""

    @property
    def name(self) -> str:
        """For people, in the plural."""
        ...

    @property
    def divides(self) -> bool:
        """Do examples depend on what fits into a row?"""
        ...

    @property
    def languages(self) -> Sequence[str]:
        """Of the programs that there are, those of all splits; known once the examples
        are made."""
        ...

    @property
    def recipe(self) -> Mapping[str, Any]:
        """All that the examples depend on, as JSON has it."""
        ...

    @property
    def sources(self) -> Mapping[str, str]:
        """SHA-256 of the files that they are made of, by path."""
        ...

    def files(self) -> dict[str, pathlib.Path]:
        """Those files and folders, by name.

        Raises:
          UserError: one is missing.
        """
        ...

    def texts(self) -> Iterator[str | bytes]:
        """What the training examples are made of, for a tokenizer to learn from.

        Raises:
          UserError: they cannot be made.
        """
        ...

    def examples(self, split: str, tokenizer: Tokenizer) -> Iterator[Example]:
        """The examples of one of `SPLITS`, from the first one.

        Args:
          tokenizer: tells how much fits into a row, where a text is divided.

        Raises:
          UserError: they cannot be made.
        """
        ...

    def count(self, split: str) -> int | None:
        """How many examples a split has; None where nobody knows before they are
        made."""
        ...

    def left_out(self) -> Sequence[LeftOut]:
        """What the examples lack; known once they were made."""
        ...

    def notes(self) -> Sequence[str]:
        """What people should know of them, a sentence each; known once they were
        made."""
        ...
