"""SEARCH/REPLACE blocks, in the format `diff` of the benchmarks' edits.

The format is Aider's: the path alone on a line, then, between fences, the lines to find
and the lines to put there.
"""

from __future__ import annotations

from collections.abc import Sequence


def block(path: str, before: str, after: str) -> str:
    """A block that makes one text of another, both ending with a line end.

    It has the lines that differ, and as many before and behind them as make their place
    the first that matches.
    """
    old, new = before.split("\n"), after.split("\n")
    start, end = 0, 0
    while old[start] == new[start]:
        start += 1
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    while not _is_first(old, start, len(old) - end):
        start, end = max(start - 1, 0), max(end - 1, 1)
    search, replace = old[start : len(old) - end], new[start : len(new) - end]
    lines = ["<<<<<<< SEARCH", *search, "=======", *replace, ">>>>>>> REPLACE"]
    return "\n".join([path, "```", *lines, "```", ""])


def _is_first(lines: Sequence[str], start: int, stop: int) -> bool:
    wanted = lines[start:stop]
    if not any(line.strip() for line in wanted):
        return False
    places = (i for i in range(start + 1) if lines[i : i + len(wanted)] == wanted)
    return next(places) == start
