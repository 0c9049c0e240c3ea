"""The format `diff`: SEARCH/REPLACE blocks.

The marks are those of Aider's `editblock_coder.py`; the rules are its own but for the
guesses: lines must match as they are, and a block without SEARCH lines makes a new file
or fills an empty one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from eval.benchmarks.edits.error import EditError, NoEdit, Unmatched
from eval.benchmarks.edits.lines import matches, named, nearest, places, replaced

INSTRUCTIONS = """\
Answer with one block for each change: the path of the file alone on a line, then, \
between fences, the lines to find and the lines to put there:

path/to/file.ext
```
<<<<<<< SEARCH
lines that stand in the file, each as it is
=======
lines that replace them
>>>>>>> REPLACE
```

The SEARCH lines must match the file to the letter, spaces included; the first place \
that matches is replaced. A block without SEARCH lines makes a new file.
"""

_HEAD = re.compile(r"<{5,9} SEARCH>?\s*")
_DIVIDER = re.compile(r"={5,9}\s*")
_TAIL = re.compile(r">{5,9} REPLACE\s*")
_MARKS = (_HEAD, _DIVIDER, _TAIL)


class Block(NamedTuple):
    """Lines of a file to find, and lines to put there."""

    path: str
    search: list[str]
    replace: list[str]


class Put(NamedTuple):
    """A file after a block.

    Attributes:
      text: of it.
      places: where the lines to find stood; the first one is replaced.
    """

    text: str
    places: int


def apply(text: str, files: Mapping[str, str]) -> dict[str, str]:
    """The files after a reply.

    Raises:
      EditError: a block is malformed.
      Unmatched: some blocks do not match.
    """
    after = dict(files)
    failed: list[str] = []
    blocks = parse(text)
    if not blocks:
        raise NoEdit("There is no block in the reply that begins `<<<<<<< SEARCH`.")
    for number, block in enumerate(blocks, start=1):
        label = f"Block {number}"
        try:
            path = named(block.path, list(after), label)
            after[path] = put(after.get(path), block, f"{label} ({path})").text
        except EditError as error:
            failed.append(str(error))
    if failed:
        raise Unmatched("\n".join(failed), after, len(blocks) - len(failed))
    return after


def parse(text: str) -> list[Block]:
    """The blocks of a reply, in order.

    Raises:
      EditError: one has no file, no end, or a mark in the wrong place.
    """
    blocks: list[Block] = []
    lines = text.split("\n")
    place, path = 0, ""
    while place < len(lines):
        if not _HEAD.fullmatch(lines[place]):
            place += 1
            continue
        label = f"Block {len(blocks) + 1}"
        path = _path_above(lines, place) or path
        if not path:
            raise EditError(
                f"{label}: no file is named; write its path alone on the line before "
                "the fence."
            )
        middle = _mark(lines, place + 1, _DIVIDER, f"{label} ({path})", "=======")
        end = _mark(lines, middle + 1, _TAIL, f"{label} ({path})", ">>>>>>> REPLACE")
        blocks.append(Block(path, lines[place + 1 : middle], lines[middle + 1 : end]))
        place = end + 1
    return blocks


def write(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """A reply that makes one set of files of another.

    Raises:
      EditError: this format cannot say it: a file goes, has spaces in its name, or
        holds lines like the marks.
    """
    gone = sorted(set(before) - set(after))
    if gone:
        raise EditError(f"The format cannot remove {gone[0]!r}.")
    parts = []
    for path in sorted(after):
        old, new = before.get(path), after[path]
        if old == new:
            continue
        if not old:
            whole = new if not new or new.endswith("\n") else new + "\n"
            if old is None or whole:
                parts.append(_written(path, [], whole.split("\n")[:-1]))
            old = whole
        if old != new:
            parts.append(_written(path, *_difference(old.split("\n"), new.split("\n"))))
    return "\n".join(parts)


def put(content: str | None, block: Block, label: str) -> Put:
    """A file after a block.

    Args:
      content: of the file; None where there is none.
      label: of the block, in errors.

    Raises:
      EditError: the block has no place in the file.
    """
    lines = (content or "").split("\n")
    if not block.search:
        if content:
            raise EditError(
                f"{label}: there are no SEARCH lines, but the file has some; repeat "
                "lines of the file beside which the new ones go."
            )
        return Put("".join(line + "\n" for line in block.replace), 1)
    if content is None:
        raise EditError(f"{label}: there is no such file.")
    found = matches(lines, block.search)
    if not found:
        raise EditError(
            f"{label}: the {len(block.search)} SEARCH lines from "
            f"{block.search[0].strip()!r} on do not stand in the file in a row; "
            + nearest(lines, block.search)
        )
    after = replaced(lines, found[0], block.search, block.replace)
    return Put("\n".join(after), len(found))


def _mark(
    lines: list[str], start: int, mark: re.Pattern[str], label: str, name: str
) -> int:
    """Where the next mark is, which must be this one."""
    for place in range(start, len(lines)):
        if mark.fullmatch(lines[place]):
            return place
        if _HEAD.fullmatch(lines[place]) or _TAIL.fullmatch(lines[place]):
            raise EditError(
                f"{label}: expected `{name}` before `{lines[place].strip()}`."
            )
    raise EditError(f"{label}: expected `{name}` before the end of the reply.")


def _path_above(lines: list[str], head: int) -> str:
    """The path in up to three lines before a block, with nothing but fences between."""
    for place in range(head - 1, max(head - 4, -1), -1):
        line = lines[place].strip()
        if not line.startswith("```"):
            name = line.strip("*#: \t").strip("`").rstrip(":").strip()
            return "" if not name or " " in name or name == "..." else name
    return ""


def _difference(old: list[str], new: list[str]) -> tuple[list[str], list[str]]:
    """The lines that change, and as many around them as make their place the first."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    stop = len(old) - end
    while start or stop < len(old):
        search = old[start:stop]
        if "".join(search).strip() and places(old, search)[0] == start:
            break
        start, stop = max(start - 1, 0), min(stop + 1, len(old))
    return old[start:stop], new[start : len(new) - (len(old) - stop)]


def _written(path: str, search: list[str], replace: list[str]) -> str:
    if re.search(r"\s", path):
        raise EditError(f"The format cannot say the path {path!r}.")
    for line in (*search, *replace):
        if any(mark.fullmatch(line) for mark in _MARKS):
            raise EditError(f"The format cannot say the line {line!r} of {path!r}.")
    lines = ["<<<<<<< SEARCH", *search, "=======", *replace, ">>>>>>> REPLACE"]
    return f"{path}\n```\n" + "\n".join(lines) + "\n```\n"
