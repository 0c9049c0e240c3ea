"""Programs that run tests: which ones a command starts, and how they say that all is
done. One that dies on its way with exit code 0 does not say it."""

from __future__ import annotations

import re
from typing import NamedTuple

_FIRST = r"(?:^|[;&({]|\b(?:then|else|do)\b)\s*(?:\w+=\S*\s+)*(?:\S*/)?"
"""Where a command of a shell begins, after its variables."""
_OVER = r"(?=[\s;&)]|$)"
_SENT_AWAY = re.compile(r"`|\||>(?!&[12])")
"""By these, what a program says may go to another one, or to a file."""

_COLORS = re.compile(r"\x1b(?:\[[\d;]*m|\(B)")


class _Runner(NamedTuple):
    """How a program that runs tests is known, by its command and by its output.

    Attributes:
      starts: it, in a command.
      begins: a part of what it says, which has an end of its own.
      ends: such a part.
    """

    starts: re.Pattern[str]
    begins: re.Pattern[str]
    ends: re.Pattern[str]


def _runner(starts: str, ends: str, begins: str = r"\A") -> _Runner:
    return _Runner(*(re.compile(one, re.MULTILINE) for one in (starts, begins, ends)))


_RUNNERS = (
    _runner(rf"\s-m\s*unittest{_OVER}", r"^Ran [1-9]\d* tests? in "),
    _runner(
        rf"(?:{_FIRST}|\s-m\s*)(?:pytest|py\.test){_OVER}",
        # Where it is to be quiet twice, it has no last line.
        r"(?<!\d)[1-9]\d* (?:passed|skipped|xfailed|xpassed)\b|^[.sxX]+ +\[100%\]",
    ),
    _runner(
        rf"{_FIRST}go\s+test{_OVER}",
        r'^ok[ \t]+\S+[ \t]+(?:[\d.]+s|\(cached\))|"Action":"pass"',
    ),
    _runner(
        rf"{_FIRST}cargo\s+test{_OVER}",
        r"^test result: ok\.",
        begins=r"^running \d+ tests?$",  # each program that it has built
    ),
    _runner(
        rf"{_FIRST}node\s(?!.*--test-reporter)(?:.*\s)?--test{_OVER}",
        r"^[#ℹ] tests [1-9]",
    ),
)


def ended(command: str, output: str) -> bool:
    """Do all programs that a command runs tests with say that these came to their end?

    True as well where nobody knows how they would say it: the command starts none that
    is known, or sends away what they say.
    """
    if _SENT_AWAY.search(command):
        return True
    output = _COLORS.sub("", output)
    started = [one for one in _RUNNERS if one.starts.search(command)]
    return all(_ended(one, output) for one in started)


def _ended(runner: _Runner, output: str) -> bool:
    parts = runner.begins.split(output)[1:]
    return bool(parts) and all(map(runner.ends.search, parts))
