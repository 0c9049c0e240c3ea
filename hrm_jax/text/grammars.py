"""The two grammars that a model of code may be held to: actions and edits."""

from __future__ import annotations

import functools
import re
import string
from collections.abc import Mapping

from data_pipeline.schema import UserError, require_text
from hrm_jax.text.automaton import (
    Pattern,
    choice,
    literal,
    one_of,
    repeat,
    runs,
    sequence,
    without,
)

GRAMMARS = ("actions", "edits")
LONGEST_FILES = 2**15
"""Bytes that may be edited: no context here holds as many. For each the automaton has
at most two states of a KiB, all of them made within a second."""
_OF_A_FILE = 100
"""Bytes that a file counts for by itself: a block of its own."""

_PATH = re.compile(r"\w[\w.-]*(?:/\w[\w.-]*)*", re.ASCII)
_MARK = re.compile(r"(?:<{5,9} SEARCH>?|={5,9}|>{5,9} REPLACE)\s*")
"""As `eval.benchmarks.edits.search_replace` and `data_pipeline.programs.actions` know
the marks of a block."""


def pattern(name: str, files: Mapping[str, str]) -> Pattern:
    """One of `GRAMMARS`.

    Args:
      files: that may be edited, by path; for "actions" it may be empty, and then any
        path and any lines can be said.

    Raises:
      UserError: there is no such grammar, no file, or a file of which nothing can be
        said.
    """
    if name not in GRAMMARS:
        raise UserError(f"There is no grammar {name!r}: take {' or '.join(GRAMMARS)}.")
    if name == "edits" and not files:
        raise UserError("The grammar `edits` needs the file that is edited.")
    if (size := _size(files)) > LONGEST_FILES:
        raise UserError(
            f"The files to edit have {size:,} bytes, {_OF_A_FILE} for each beside its "
            f"path and text, but a grammar takes {LONGEST_FILES:,}: leave out what "
            "does not change."
        )
    return edit(files) if name == "edits" else action(files)


def sayable(files: Mapping[str, str]) -> dict[str, str]:
    """Those that can be named and have a line, from the first on as many as a grammar
    takes; none, for any, where there is none that it takes."""
    found, size = {}, 0
    for path, text in files.items():
        more = _size({path: text})
        named = _PATH.fullmatch(path) and text.strip()
        if named and size + more <= LONGEST_FILES:
            found[path], size = text, size + more
    return found


def _size(files: Mapping[str, str]) -> int:
    # What cannot be encoded is told by name, later.
    said = sum(
        len(part.encode("utf-8", "replace")) for item in files.items() for part in item
    )
    return said + _OF_A_FILE * len(files)


def action(files: Mapping[str, str]) -> Pattern:
    """What `data_pipeline.programs.actions` parses; with files, such as speaks of them.

    Raises:
      UserError: see `edit`.
    """
    if files:
        parts = [path.split("/") for path in files]
        folders = {"/".join(p[:n]) for p in parts for n in range(1, len(p))}
        paths, blocks = choice(*map(_path, files)), edit(files)
        listed = choice(*map(_path, sorted(folders))) if folders else None
    else:
        paths, blocks = _any_path(), _block(_any_path(), repeat(_line(), 1))
        listed = _any_path()
    space, end = literal(b" "), literal(b"\n")
    of_folder = [sequence(literal(b"list "), listed, end)] if listed else []
    return choice(
        literal(b"list\n"),
        *of_folder,
        sequence(literal(b"view "), paths, end),
        sequence(literal(b"view "), paths, space, _number(), space, _number(), end),
        sequence(literal(b"search "), _word(), repeat(sequence(space, _word())), end),
        sequence(literal(b"edit\n"), blocks),
        literal(b"test\n"),
        literal(b"finish\n"),
    )


def _number() -> Pattern:
    digits = string.digits.encode()
    return sequence(one_of(digits[1:]), repeat(one_of(digits), 0, 5))


def _word() -> Pattern:
    return repeat(one_of(range(ord("!"), ord("~") + 1)), 1)


def edit(files: Mapping[str, str]) -> Pattern:
    """One block in the format of `eval.benchmarks.edits.search_replace`.

    Its SEARCH lines are lines of the file that stand in a row. More than one block
    there is not: a second one would have to match what the first one makes.

    Raises:
      UserError: a path or a file cannot be said in the format.
    """
    return choice(
        *(_block(_path(path), _lines_of(path, text)) for path, text in files.items())
    )


def _block(path: Pattern, search: Pattern) -> Pattern:
    return sequence(
        path,
        literal(b"\n```\n<<<<<<< SEARCH\n"),
        search,
        literal(b"=======\n"),
        repeat(_line()),
        literal(b">>>>>>> REPLACE\n```\n"),
    )


def _path(path: str) -> Pattern:
    if not _PATH.fullmatch(path):
        raise UserError(
            f"An edit cannot name the file {path!r}: its path may have letters, "
            "digits and _ . - between single slashes, and begins with none of . and -."
        )
    return literal(path.encode())


def _any_path() -> Pattern:
    first = (string.ascii_letters + string.digits + "_").encode()
    part = sequence(one_of(first), repeat(one_of(first + b".-")))
    return sequence(part, repeat(sequence(literal(b"/"), part)))


def _lines_of(path: str, text: str) -> Pattern:
    """Lines of a file in a row, without those that look like marks."""
    require_text(f"The file {path!r}", text)
    parts: list[list[str]] = [[]]
    for line in text.split("\n"):
        if _MARK.fullmatch(line):
            parts.append([])
        else:
            parts[-1].append(line)
    said = [[line.encode() for line in part] for part in parts if part]
    if not said:
        raise UserError(
            f"No line of {path!r} can be edited: all look like an edit's marks."
        )
    return runs(*said)


@functools.cache
def _line() -> Pattern:
    """Any line in UTF-8 that is no mark."""
    more = one_of(range(0x80, 0xC0))
    character = choice(
        one_of(set(range(0x80)) - set(b"\n")),
        # Without forms that are too long, surrogates, and what is beyond U+10FFFF.
        sequence(one_of(range(0xC2, 0xE0)), more),
        sequence(one_of([0xE0]), one_of(range(0xA0, 0xC0)), more),
        sequence(one_of([*range(0xE1, 0xED), 0xEE, 0xEF]), more, more),
        sequence(one_of([0xED]), one_of(range(0x80, 0xA0)), more),
        sequence(one_of([0xF0]), one_of(range(0x90, 0xC0)), more, more),
        sequence(one_of(range(0xF1, 0xF4)), more, more, more),
        sequence(one_of([0xF4]), one_of(range(0x80, 0x90)), more, more),
    )
    # Spaces beyond ASCII may follow a mark as well: anything there counts as one.
    space = repeat(one_of([*b"\t\v\f\r\x1c\x1d\x1e\x1f ", *range(0x80, 0x100)]))
    marks = choice(
        sequence(
            repeat(literal(b"<"), 5, 9),
            literal(b" SEARCH"),
            repeat(literal(b">"), 0, 1),
            space,
        ),
        sequence(repeat(literal(b"="), 5, 9), space),
        sequence(repeat(literal(b">"), 5, 9), literal(b" REPLACE"), space),
    )
    return sequence(without(repeat(character), marks), literal(b"\n"))
