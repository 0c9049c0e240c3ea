"""LintSeq: a program is taken apart so that what is left is always in order, and told
backwards as the edits that write it (Piterbarg et al., arXiv:2410.02749, section 3).

Unlike the authors' code, which asks pylint and counts physical lines, a unit is a
logical line with the comments before it, and order is that of `units.faulty`.
"""

from __future__ import annotations

import contextlib
import itertools
import random
import re
import warnings
from collections.abc import Iterator, Sequence

from data_pipeline import syntax
from data_pipeline.text.example import Text
from data_pipeline.text.lintseq import units
from data_pipeline.text.lintseq.names import unbound
from data_pipeline.text.lintseq.units import Unit
from data_pipeline.text.special import Special

_HUNK = re.compile(r"@(\d{1,6})\+(\d{1,6})\n")


def response(source: str, rng: random.Random) -> Text | None:
    """A program as the edits that write it, each after `Special.EDIT`.

    An edit is a sequence of hunks `@N+K` with K lines that go behind the first N of
    what is there by then.

    Returns:
      None where it does not compile, or has line ends that are no plain "\\n".
    """
    edits = sequence(source, rng)
    if edits is None:
        return None
    return tuple(part for edit in edits for part in (Special.EDIT, edit))


def sequence(source: str, rng: random.Random) -> list[str] | None:
    """The edits that write a program, as `response` has them."""
    ends = source.count("\n")
    if not source.endswith("\n") or "\r" in source or len(source.splitlines()) != ends:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # somebody else's
            allowed = frozenset(name for _, name in unbound(syntax.module(source)))
            whole = units.split(source)
            if units.faulty(whole, allowed):
                return None
            states = [sorted(state) for state in _backwards(whole, allowed, rng)]
    except syntax.UNREADABLE:
        return None
    return [
        _edit(whole, before, after)
        for before, after in itertools.pairwise(reversed(states))
    ]


def written(edits: str) -> str:
    """The program that a response writes, special tokens shown as their texts.

    Raises:
      ValueError: what is wrong with it.
    """
    lines: list[str] = []
    rest = edits
    while rest:
        rest = rest.removeprefix(Special.EDIT.text)
        hunk = _HUNK.match(rest)
        if hunk is None:
            raise ValueError(f"no hunk begins with {rest[:20]!r}")
        place, count = int(hunk[1]), int(hunk[2])
        *new, rest = rest[hunk.end() :].split("\n", count)
        if len(new) != count or place > len(lines):
            raise ValueError(f"the hunk {hunk[0].strip()} does not fit")
        lines[place:place] = new
    return "".join(f"{line}\n" for line in lines)


def program(answer: str) -> str:
    """What the edits of an answer write; the answer, where it consists of none."""
    if answer.startswith(Special.EDIT.text):
        # What is no edit is graded as what it is.
        with contextlib.suppress(ValueError):
            return written(answer)
    return answer


def _backwards(
    whole: Sequence[Unit], allowed: frozenset[str], rng: random.Random
) -> Iterator[frozenset[int]]:
    """Units of a program that are left, from all to none."""
    left = frozenset(range(len(whole)))
    yield left
    while left:
        gone = {rng.choice(sorted(left))}
        while gone:
            left -= gone | _bodies(whole, left, gone)
            order = sorted(left)
            bad = units.faulty([whole[number] for number in order], allowed)
            gone = {order[place] for place in bad}
        yield left


def _bodies(
    whole: Sequence[Unit], left: frozenset[int], gone: set[int]
) -> frozenset[int]:
    """What is left in the blocks that units which go have begun."""
    found = set()
    for number in gone:
        for inner in sorted(one for one in left if one > number):
            if whole[inner].indent <= whole[number].indent:
                break
            found.add(inner)
    return frozenset(found)


def _edit(whole: Sequence[Unit], before: Sequence[int], after: Sequence[int]) -> str:
    """The hunks that lead from some units to more."""
    known = set(before)
    parts, line, new = [], 0, []
    for number in [*after, None]:
        if number is not None and number not in known:
            new += whole[number].lines
            continue
        if new:
            parts.append(f"@{line}+{len(new)}\n" + "".join(new))
            line += len(new)
            new = []
        if number is not None:
            line += len(whole[number].lines)
    return "".join(parts)
