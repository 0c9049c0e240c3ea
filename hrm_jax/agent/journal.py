"""A session, written down word by word, so that it goes on wherever it was killed.

A session is a deterministic function of the model's answers and the tests' results. The
journal keeps both. Whoever opens it again runs the same session, which is given what
was kept as long as there is any, and then goes on by itself. So a session that was
killed cannot differ from one that was not.
"""

from __future__ import annotations

import collections
import contextlib
import pathlib
import time
from collections.abc import Callable, Iterator
from typing import Any

from eval.benchmarks import ledger
from eval.benchmarks.ledger import Damaged, Ledger
from hrm_jax.agent.mistake import TaskMistake

JOURNAL = "journal.jsonl"
_END = "end"


class Journal:
    """The replayable record of one session.

    Attributes:
      rows: all that was written, here and before.
    """

    def __init__(
        self,
        book: Ledger,
        path: pathlib.Path,
        on_row: Callable[[dict[str, Any]], None] = lambda row: None,
    ):
        """Args:
        on_row: called with each row, kept ones as well.
        """
        self._book, self._path, self._on_row = book, path, on_row
        # An end is no end where a budget has grown since.
        self._ahead = collections.deque(
            row for row in book.rows if row.get("kind") != _END
        )
        self._ended = book.rows[-1:]
        self.rows: list[dict[str, Any]] = []

    @property
    def replaying(self) -> bool:
        """Is there still something that was kept?"""
        return bool(self._ahead)

    @property
    def at_end(self) -> bool:
        """Is the latest row the last of the file? Then its writer may have been killed
        before doing what follows from it."""
        return self.rows[-1:] == self._ended

    def ask(self, kind: str, answer: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """What came from outside: kept, or answered now and then kept.

        Returns:
          The answer, with its `kind` and the `seconds` that it took.

        Raises:
          TaskMistake: something else was kept.
        """
        if self._ahead:
            return self._next(kind)
        began = time.monotonic()
        row = {"kind": kind, **answer()}
        row.setdefault("seconds", round(time.monotonic() - began, 4))
        return self._add(row)

    def note(self, kind: str, **fields: Any) -> None:
        """Records something derived from earlier rows; on replay, checks that the same
        was derived.

        Raises:
          TaskMistake: something else was.
        """
        row = {"kind": kind, **fields}
        if not self._ahead:
            self._add(row)
        elif self._next(kind) != row:
            raise self._other()

    def end(self, solved: bool, why: str) -> None:
        """How it ended, unless that is what was written last."""
        row = {"kind": _END, "solved": solved, "why": why}
        if self._ended != [row]:
            self._add(row)

    def _next(self, kind: str) -> dict[str, Any]:
        row = self._ahead.popleft()
        if row.get("kind") != kind:
            raise self._other()
        self.rows.append(row)
        self._on_row(row)
        return row

    def _add(self, row: dict[str, Any]) -> dict[str, Any]:
        self._book.add(row)
        self._ended = [row]
        self.rows.append(row)
        self._on_row(row)
        return row

    def _other(self) -> TaskMistake:
        return TaskMistake(
            f"{self._path} was written by another version of this program, or for "
            "another repository: choose another --output."
        )


@contextlib.contextmanager
def opened(
    folder: pathlib.Path, on_row: Callable[[dict[str, Any]], None] = lambda row: None
) -> Iterator[Journal]:
    """The journal of a session's folder, which nobody else has meanwhile.

    Raises:
      TaskMistake: it is damaged.
      UserError: see `ledger.opened`.
    """
    path = folder / JOURNAL
    with _book(path, synced=True) as book:
        yield Journal(book, path, on_row)


def read(folder: pathlib.Path) -> list[dict[str, Any]]:
    """The rows of a journal that nobody writes any more.

    Raises:
      TaskMistake: it is damaged.
    """
    with _book(folder / JOURNAL) as book:
        return book.rows


@contextlib.contextmanager
def _book(path: pathlib.Path, synced: bool = False) -> Iterator[Ledger]:
    with contextlib.ExitStack() as held:
        try:
            book = held.enter_context(ledger.opened(path, synced))
        except Damaged as error:
            raise TaskMistake(str(error)) from error
        yield book
