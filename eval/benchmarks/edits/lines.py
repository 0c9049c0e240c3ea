"""Finding lines in a file.

A text is the list `text.split("\\n")`: one that ends with a newline ends with an empty
line, so that a final newline is found, added and removed like any line.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from eval.benchmarks.edits.error import EditError

_LEAST_RATIO = 0.6
_MOST_COMPARED = 2_000
_MOST_SHOWN = 12


def places(lines: Sequence[str], part: Sequence[str]) -> list[int]:
    """Where a part stands in lines, as it is."""
    size = len(part)
    return [
        start
        for start in range(len(lines) - size + 1)
        if all(lines[start + offset] == part[offset] for offset in range(size))
    ]


def matches(lines: Sequence[str], part: Sequence[str]) -> list[int]:
    """Where a part stands in lines: as it is, or else but for carriage returns.

    A model seldom writes the carriage returns of a file that has them.
    """
    return places(lines, part) or places(_bare(lines), _bare(part))


def replaced(
    lines: Sequence[str], start: int, part: Sequence[str], new: Sequence[str]
) -> list[str]:
    """The lines with new ones at a place of `matches`, in the line ends of the old."""
    old = lines[start : start + len(part)]
    if list(old) != list(part):
        end = "\r" if old[0].endswith("\r") else ""
        new = [line + end for line in _bare(new)]
    return [*lines[:start], *new, *lines[start + len(part) :]]


def nearest(lines: Sequence[str], part: Sequence[str]) -> str:
    """The end of a sentence: which lines come nearest to a part that is not there."""
    start = _nearest(lines, part)
    if start is None:
        return "no lines come near"
    shown = lines[start : start + min(max(len(part), 1), _MOST_SHOWN)]
    end = start + len(shown)
    return f"the nearest are lines {start + 1} to {end}:\n" + "\n".join(shown)


def _nearest(lines: Sequence[str], part: Sequence[str]) -> int | None:
    """Where most lines agree but for the space around them, or else the line that is
    most like the longest of the part, as long as it is like it at all."""
    wanted = [line.strip() for line in part]
    have = [line.strip() for line in lines]
    best = (0, 0)
    for start in range(len(have)):
        window = have[start : start + len(wanted)]
        equal = sum(
            bool(one) and one == two for one, two in zip(wanted, window, strict=False)
        )
        best = max(best, (equal, -start))
    if best[0]:
        return -best[1]
    offset = max(range(len(wanted)), key=lambda place: len(wanted[place]), default=0)
    likeness = difflib.SequenceMatcher(autojunk=False)
    likeness.set_seq2(wanted[offset] if wanted else "")
    found: tuple[float, int] = (_LEAST_RATIO, 1)
    for start, line in enumerate(have[:_MOST_COMPARED]):
        likeness.set_seq1(line)
        if likeness.quick_ratio() > found[0] and likeness.ratio() > found[0]:
            found = (likeness.ratio(), -start)
    return max(-found[1] - offset, 0) if found[1] <= 0 else None


def named(path: str, files: Sequence[str], block: str) -> str:
    """The file that a model means: the path itself, or the only one that ends so.

    A model likes to put folders before a name, or to leave them out.

    Raises:
      EditError: several files end so.
    """
    path = path.removeprefix("./")
    if path in files:
        return path
    name = path.rpartition("/")[2]
    found = [file for file in files if file.rpartition("/")[2] == name]
    if len(found) > 1:
        raise EditError(
            f"{block}: {path!r} may be {' or '.join(map(repr, sorted(found)))}; write "
            "the whole path."
        )
    return found[0] if found else path


def _bare(lines: Sequence[str]) -> list[str]:
    return [line.rstrip("\r") for line in lines]
