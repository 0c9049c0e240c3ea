"""What an agent tried: attempts, the tests that failed, and what changed.

A bounded store that outlives each attempt. The planner counts in it, and a model may
read it.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from eval import file_lock
from eval.atomic import write_text
from hrm_jax.agent.mistake import TaskMistake

_MOST_CHANGED = 6
"""Lines of a change that are kept."""
_SESSION = "session"
"""Of an attempt, in a file that several have."""


@dataclasses.dataclass(frozen=True)
class Attempt:
    """One attempt at a subgoal, and what came of it.

    Attributes:
      number: of the subgoal, from 1; unique in a session.
      test: that it was about, and the words of its failure.
      paths: of the files that it changed.
      change: lines that went and came, the first ones.
      before, after: how many tests failed.
      ended: why it ended.
    """

    number: int
    test: str
    words: str
    paths: tuple[str, ...]
    change: tuple[str, ...]
    before: int
    after: int
    ended: str

    @property
    def helped(self) -> bool:
        return self.after < self.before

    @property
    def text(self) -> str:
        """One attempt, as a model sees it."""
        what = " ".join(self.paths) or "nothing"
        lines = "".join(f"  {line}\n" for line in self.change)
        return f"tried {what}: {self.before} failed, then {self.after}\n{lines}"


class Memory:
    """The attempts, the oldest first.

    When there are too many, the oldest of those that changed nothing goes first, then
    the oldest that did not help, then the oldest.
    """

    def __init__(self, size: int, attempts: Sequence[Attempt] = ()):
        self._size = size
        self._attempts: list[Attempt] = []
        for one in attempts:
            self.add(one)

    def __iter__(self) -> Iterator[Attempt]:
        return iter(self._attempts)

    def __len__(self) -> int:
        return len(self._attempts)

    def add(self, attempt: Attempt) -> None:
        self._attempts.append(attempt)
        while len(self._attempts) > self._size:
            self._attempts.pop(_least(self._attempts))

    def tries(self, test: str) -> int:
        """How often a test was tried."""
        return sum(one.test == test for one in self._attempts)

    def failed_on(self, test: str, path: str) -> int:
        """How often changing a file did not help a test."""
        return sum(
            one.test == test and path in one.paths and not one.helped
            for one in self._attempts
        )

    def texts(self) -> list[str]:
        """For a model, the newest first."""
        return [one.text for one in reversed(self._attempts)]

    def save(self, path: pathlib.Path) -> None:
        """Writes one attempt a line, in place of what was there."""
        _write(path, map(row_of, self._attempts))


def row_of(attempt: Attempt) -> dict[str, Any]:
    """An attempt for JSON."""
    row = dataclasses.asdict(attempt)
    return {**row, "paths": list(attempt.paths), "change": list(attempt.change)}


def attempt_of(row: Mapping[str, Any]) -> Attempt:
    """An attempt as JSON has it."""
    return Attempt(
        **{**row, "paths": tuple(row["paths"]), "change": tuple(row["change"])}
    )


def load(path: pathlib.Path) -> list[Attempt]:
    """The attempts of a file that `save` or `keep` wrote; none where there is no file.

    Raises:
      TaskMistake: it is damaged.
    """
    return [attempt for _, attempt in _read(path)]


def keep(path: pathlib.Path, session: str, attempt: Attempt, size: int) -> None:
    """Adds an attempt to a file that several sessions have, perhaps at once; does
    nothing where it is there.

    Args:
      session: that made the attempt; no other one has its name.

    Raises:
      TaskMistake: it is damaged.
      UserError: it cannot be written.
    """
    with file_lock.held(lock_of(path)):
        kept = _read(path)
        if (session, attempt) in kept:
            return
        kept.append((session, attempt))
        while len(kept) > size:
            kept.pop(_least([one for _, one in kept]))
        _write(path, [{**row_of(one), _SESSION: name} for name, one in kept])


def _least(attempts: Sequence[Attempt]) -> int:
    """The place of the one that goes first; see `Memory`."""
    worth = [(bool(one.paths), one.helped) for one in attempts]
    return worth.index(min(worth))


def _read(path: pathlib.Path) -> list[tuple[str, Attempt]]:
    """Sessions, "" where none is named, and what they tried."""
    try:
        text = path.read_text(encoding="utf-8")
        rows = [json.loads(line) for line in text.splitlines()]
        return [(row.pop(_SESSION, ""), attempt_of(row)) for row in rows]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise TaskMistake(
            f"{path} is no memory of attempts, or damaged ({error}): name another file."
        ) from error


def _write(path: pathlib.Path, rows: Iterable[Mapping[str, Any]]) -> None:
    write_text(path, "".join(f"{json.dumps(row)}\n" for row in rows))


def lock_of(path: pathlib.Path) -> pathlib.Path:
    """The file beside another one by which a process has that for itself: the other
    one is replaced as a whole, and a lock on it with it."""
    return path.with_name(f".{path.name}.lock")


def change(patch: str) -> tuple[str, ...]:
    """The first lines that a patch takes away and adds."""
    lines: list[str] = []
    inside = False  # a file's part; the names before that begin with signs, too
    for line in patch.split("\n"):  # lines themselves may hold other ends of lines
        inside = line.startswith("@@") or (inside and not line.startswith("diff "))
        if inside and line[:1] in ("+", "-"):
            lines.append(line[:120])
    return tuple(lines[:_MOST_CHANGED])
