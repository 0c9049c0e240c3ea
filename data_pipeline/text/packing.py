"""Whole examples side by side in rows, so that little of a row is padding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from data_pipeline.text.rows import Encoded

_OPEN = 64
"""Rows that are filled at once; with more of them less is padding."""


class Packer:
    """Packs examples in the order in which they come, each into the open row that it
    fills best; what it yields depends on nothing else.

    Attributes:
      seen: examples so far.
      too_long: those of them that no row can hold, and that are left out.
    """

    def __init__(self, seq_len: int):
        self._seq_len = seq_len
        self.seen = self.too_long = 0

    def rows(self, examples: Iterable[Encoded]) -> Iterator[list[Encoded]]:
        """Rows of examples, in which an example is whole and stands once."""
        opened: list[_Row] = []
        for example in examples:
            self.seen += 1
            if example.places > self._seq_len:
                self.too_long += 1
                continue
            fits = [row for row in opened if row.room >= example.places]
            if fits:
                best = min(fits, key=lambda row: row.room)
            else:
                if len(opened) == _OPEN:
                    fullest = min(opened, key=lambda row: row.room)
                    opened.remove(fullest)
                    yield fullest.examples
                best = _Row(self._seq_len)
                opened.append(best)
            best.add(example)
        yield from (row.examples for row in opened)


class _Row:
    def __init__(self, room: int):
        self.room = room
        self.examples: list[Encoded] = []

    def add(self, example: Encoded) -> None:
        self.room -= example.places
        self.examples.append(example)
