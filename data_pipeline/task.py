"""What is special about a kind of puzzle, before any model sees it."""

from __future__ import annotations

import pathlib
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from data_pipeline.puzzles import Puzzles
from data_pipeline.schema import Batch

Source = Sequence[Mapping[str, Any]]
"""Random access to examples: "inputs" and "labels", integers `[cells]` each, and a
"rating" of how hard it is; and perhaps a "puzzle_id", a row of the puzzle table; of
text also the "segments" and "prompt" of a `Layout`."""


@runtime_checkable
class Sampler(Protocol):
    """Training examples that are drawn in a way of their own."""

    def __len__(self) -> int:
        """Examples of an epoch."""
        ...

    def drawn_by(self, seed: int) -> Callable[[np.ndarray], Batch]:
        """An endless stream: a function from its places, int `[B]`, to the examples."""
        ...


class Variation(Protocol):
    """Symmetries of the boards of a task."""

    def draw(self, count: int, rng: np.random.Generator) -> Any:
        """A random one for each of `count` examples: a named tuple of `[count ...]`."""
        ...

    def show(self, drawn: Any, inputs: np.ndarray, labels: np.ndarray) -> Batch:
        """Each example, int32 `[n cells]`, under its own; `drawn` is of `[n ...]`."""
        ...


class Dimensions(NamedTuple):
    """What a model must know of its task.

    Attributes:
      vocab_size: tokens there are.
      seq_len: cells of a board.
      num_puzzles: rows that the puzzle table needs.
      box_rows, box_cols: the boxes of a square board, for `model.attention_scopes`.
    """

    vocab_size: int
    seq_len: int
    num_puzzles: int
    box_rows: int
    box_cols: int


class LeftOut(NamedTuple):
    """Puzzles that are there, but neither trained on nor asked.

    Attributes:
      count: how many.
      total: of how many, those left out among them.
      what: they are, in the plural.
      why: they are left out.
    """

    count: int
    total: int
    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.count:,} of {self.total:,} {self.what} left out: {self.why}."


class Dataset(NamedTuple):
    """Attributes:
    train, validation, test: of validation there may be nothing.
    sources: SHA-256 of the files that it was made of, by path.
    notes: what people should know of it, a sentence each.
    left_out: what no split holds.
    """

    train: Source | Sampler
    validation: Source
    test: Source
    sources: Mapping[str, str] = types.MappingProxyType({})
    notes: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


class Task(Protocol):
    """A data set by config, and what its tokens say."""

    @property
    def dimensions(self) -> Dimensions: ...

    @property
    def name(self) -> str:
        """Of its boards, for people: "9x9 Sudoku"."""
        ...

    def files(self) -> dict[str, pathlib.Path]:
        """What the puzzles are read from, by split; nothing for generated ones.

        Raises:
          UserError: one is missing.
        """
        ...

    def prepare(self) -> Dataset:
        """Opens the data set; the first time, makes it, which is atomic.

        Raises:
          UserError: files are missing or malformed, or the puzzles cannot be made.
        """
        ...

    def decode(self, tokens: np.ndarray) -> list[str]:
        """Turns tokens `[n cells]` into text."""
        ...


class Boards(Task, Variation, Protocol):
    """A task whose puzzles are boards of their own, which are written and varied."""

    @property
    def notation(self) -> str:
        """How they are written, for people."""
        ...

    def checksums(self) -> dict[str, str]:
        """SHA-256 of its `files`, by split.

        Raises:
          UserError: one is missing.
        """
        ...

    def shared(self, puzzles: Puzzles, others: Puzzles) -> Iterator[tuple[int, int]]:
        """A row of `puzzles` and one of `others` that is a symmetry of it, for each of
        the latter once."""
        ...

    def clean(self, text: str) -> str:
        """A line of a file as a board; empty where there is none on it."""
        ...

    def encode(self, boards: Sequence[str]) -> np.ndarray:
        """Turns boards as text into int32 `[n cells]`.

        Raises:
          ValueError: what is wrong with the first bad one, without naming it.
        """
        ...

    def contradiction(self, inputs: np.ndarray) -> str | None:
        """Why a board `[cells]` can have no solution, as far as is seen at once."""
        ...

    def flaw(self, inputs: np.ndarray, answer: np.ndarray) -> str | None:
        """What is wrong with an answer `[cells]`, whatever the label; None if
        nothing is."""
        ...
