"""The rounds of a run on disk: a run that was killed goes on as if it had not been."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterator
from typing import Any

from data_pipeline.schema import UserError
from eval.benchmarks import ledger
from eval.benchmarks.synthetic.verdict import Verdict
from hrm_jax.rl.rounds import Drawn, Timing
from hrm_jax.text.answers import Answer

FOLDER = "rounds"


class Journal:
    """One round: what it begins with, each answer with its verdict, and its end.

    Attributes:
      known: the answers that are there, by place.
      timing: of a round that is complete, else None.
    """

    def __init__(self, book: ledger.Ledger, path: pathlib.Path, head: dict[str, Any]):
        self._book = book
        self.known: dict[int, Drawn] = {}
        self.timing: Timing | None = None
        if not book.rows:
            book.add(head)
        for number, row in enumerate(book.rows[1:], start=2):
            try:
                if "timing" in row:
                    self.timing = Timing(**row["timing"])
                else:
                    drawn = _read(row)
                    self.known[drawn.place] = drawn
            except (KeyError, TypeError, ValueError) as error:
                raise UserError(
                    f"{path}:{number} is no answer ({error!r}): remove the file, and "
                    "the round is drawn again."
                ) from error

    @property
    def found(self) -> list[Drawn]:
        """The answers, by place."""
        return [self.known[place] for place in sorted(self.known)]

    def add(self, drawn: Drawn) -> None:
        verdict = drawn.verdict._asdict()
        self._book.add({**drawn.answer._asdict(), "place": drawn.place} | verdict)

    def complete(self, timing: Timing) -> None:
        self._book.add({"timing": timing._asdict()})


def path_of(workdir: pathlib.Path, number: int, part: str = "") -> pathlib.Path:
    """The file of a round, or of one part of it."""
    return workdir / FOLDER / f"{number:06}{part}.jsonl"


def asked(workdir: pathlib.Path) -> Iterator[str]:
    """The ids of all tasks that a run has answered; none of a run without rounds.

    Raises:
      UserError: a round cannot be read.
    """
    for path in sorted((workdir / FOLDER).glob("[0-9]*[0-9].jsonl")):
        with path.open(encoding="utf-8") as file:
            head = file.readline()
        if not head.endswith("\n"):  # it was killed before it began
            continue
        try:
            yield from json.loads(head)["tasks"]
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(
                f"{path} does not begin with the tasks of a round ({error!r}): restore "
                "it."
            ) from error


def discard_other(path: pathlib.Path, head: dict[str, Any]) -> None:
    """Removes a round that began with other weights or tasks: it is not drawn again."""
    if not path.exists():
        return
    with ledger.opened(path) as book:
        other = bool(book.rows) and book.rows[0] != head
    if other:
        path.unlink()


def _read(row: dict[str, Any]) -> Drawn:
    row.setdefault("failure", "")  # of rounds of earlier versions
    names = Verdict._fields
    verdict = Verdict(**{name: row[name] for name in names})
    verdict = verdict._replace(signs=tuple(verdict.signs))
    return Drawn(row["place"], Answer(row["tokens"], row["log_probs"]), verdict)
