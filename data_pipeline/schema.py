"""The words that every layer shares: a batch, a board, a demand on a config."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from data_pipeline.user_error import UserError

IGNORE_LABEL = -100
"""Label of a position that no loss and no metric counts."""

MOST_COUNTED = 10**9
"""What devices surely count to, in int32."""


def require(holds: bool, group: str, config: Any, name: str, demand: str) -> None:
    """Raises unless a field of a config meets a demand.

    Args:
      holds: whether the field meets it.
      group: of the config, as the command line has it; "" of what is in no group.
      demand: what the field must be, for people.

    Raises:
      UserError: it does not.
    """
    if not holds:
        place = f"{group}.{name}" if group else name
        value = getattr(config, name)
        raise UserError(f"{place} is {value!r}, but it must be {demand}.")


def require_at_least(group: str, config: Any, **least: float) -> None:
    """Raises unless each named field of a config is at least its bound.

    Raises:
      UserError: one is smaller, or no number.
    """
    for name, bound in least.items():
        holds = getattr(config, name) >= bound
        require(holds, group, config, name, f"at least {bound}")


def require_at_most(group: str, config: Any, **most: float) -> None:
    """Raises unless each named field of a config is at most its bound.

    Raises:
      UserError: one is larger, or no number.
    """
    for name, bound in most.items():
        holds = getattr(config, name) <= bound
        require(holds, group, config, name, f"at most {bound:,}")


def require_share(group: str, config: Any, *names: str) -> None:
    """Raises unless each named field of a config is a share, from 0 to 1.

    Raises:
      UserError: one is less than 0 or more than 1, or no number.
    """
    for name in names:
        require(0 <= getattr(config, name) <= 1, group, config, name, "from 0 to 1")


def require_one_of(group: str, config: Any, **known: Iterable[Any]) -> None:
    """Raises unless each named field of a config has one of its known values.

    Raises:
      UserError: one has another value.
    """
    for name, values in known.items():
        values = list(values)
        demand = f"one of {', '.join(map(str, values))}"
        require(getattr(config, name) in values, group, config, name, demand)


def require_text(name: str, text: str) -> None:
    """Raises unless a text is Unicode; from JSON or a shell it may be something else.

    Args:
      name: of the text, for people.

    Raises:
      UserError: it cannot be encoded.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UserError(
            f"{name} is not Unicode, as {text[error.start]!r} at place "
            f"{error.start + 1:,} is no character: leave it out."
        ) from error


class Layout(NamedTuple):
    """What lies where in rows of text; a pytree, of numpy or of JAX arrays.

    Attributes:
      segments: int32 `[B S]`, the example that a token belongs to, from 1; 0 is
        padding. The tokens of an example lie side by side.
      prompt: bool `[B S]`, tokens of the prompt, by which an example begins.
    """

    segments: Any
    prompt: Any


class Rollout(NamedTuple):
    """The `Layout` of rows whose answers a model drew, and what came of them.

    Attributes:
      segments, prompt: as `Layout` has them.
      advantages: float32 `[B S]`, of the answer that a label belongs to.
      log_probs: float32 `[B S]`, of each label, as the model held it that drew it.
      reference: float32 `[B S]`, as the weights do that are to be stayed near.

    All three are 0 where there is no label.
    """

    segments: Any
    prompt: Any
    advantages: Any
    log_probs: Any
    reference: Any


AnyLayout = Layout | Rollout
"""What a model sees of it is the first two fields alone."""


class Batch(NamedTuple):
    """Examples side by side; a pytree, of numpy arrays on the host or of JAX arrays.

    Attributes:
      inputs: int32 `[B S]`, tokens.
      labels: int32 `[B S]`, tokens or `IGNORE_LABEL`.
      puzzle_ids: int32 `[B]`, rows of the puzzle table.
      layout: of rows of text, which may hold several examples; None for puzzles. For
        an objective of reinforcement it holds more.
    """

    inputs: Any
    labels: Any
    puzzle_ids: Any
    layout: AnyLayout | None = None


@dataclasses.dataclass(frozen=True)
class BoardShape:
    """A square board made of boxes of `box_rows` x `box_cols` cells.

    A Sudoku has them by its rules; of other boards they are what attention scopes see.
    """

    box_rows: int
    box_cols: int

    @property
    def size(self) -> int:
        """Cells in a row, a column or a box; the number of digits in Sudoku."""
        return self.box_rows * self.box_cols

    @property
    def cells(self) -> int:
        return self.size**2

    def groups(self) -> np.ndarray:
        """int `[3 cells]`: the row, the column and the box of each cell."""
        row, column = np.divmod(np.arange(self.cells), self.size)
        box = row // self.box_rows * self.box_rows + column // self.box_cols
        return np.stack([row, column, box])

    def units(self) -> np.ndarray:
        """int `[3 * size, size]`: the cells of each row, then column, then box."""
        by_group = np.argsort(self.groups(), axis=1, kind="stable")
        return by_group.reshape(3 * self.size, self.size)
