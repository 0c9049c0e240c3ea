"""Programs that run tests: which ones a command starts, how they say that all is done,
and of how many tests. One that dies on its way with exit code 0 does not say it."""

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


_UNITTEST = re.compile(
    r"^Ran (\d{1,9}) tests? in [\d.]+s\s+(?:OK|FAILED|NO TESTS RAN)"
    r"(?: \((?:[^)\n]*?\bskipped=(\d{1,9}))?[^)\n]*\))?$",
    re.MULTILINE,
)
_TOTALS = re.compile(
    r"^(?:=+ )?((?:\d+ [a-z ]+(?:, )?)+|no tests ran) in [\d.]+s"
    r"(?: \([\d:]+\))?(?: =+)?$"
    r"|^test result: \w+\. (\d+ passed; \d+ failed);"
    r"|^[ \t]*Tests:?[ \t]+(\d.*)(?: total| \(\d+\))$",
    re.MULTILINE,
)
"""The last lines of pytest, of each of cargo's programs, of jest and of vitest."""
_RAN = re.compile(r"(?<!\d)(\d{1,9}) (?:passed|failed|xfailed|xpassed)\b")
_PART_OF_TEST = re.compile(r"^SUBFAIL", re.MULTILINE)
"""Of pytest, which counts it with failed tests."""
_TAP = re.compile(r"^[#ℹ] (?:pass|fail) (\d{1,9})$", re.MULTILINE)
_NOT_LOADED = re.compile(
    r"^ERROR: (\S+) \(unittest\.loader\._FailedTest\b"
    r"|^(?:not ok \d{1,9} - |✖ )(/\S*\.[cm]?[jt]s)(?: \([\d.]+ms\))?$",
    re.MULTILINE,
)
"""Files that cannot be loaded, of which unittest and node count each as a test."""
_CARGO_BEGINS = re.compile(r"^running \d+ tests?$", re.MULTILINE)
_CARGO_ENDS = re.compile(r"^test result: ", re.MULTILINE)


def ran(output: str) -> int | None:
    """How many tests ran, as unittest, pytest, cargo, node, jest and vitest tell, all
    together: those that were skipped or left out did not, nor did those of a file that
    cannot be loaded.

    None where nobody tells, or one does not come to its end.
    """
    output = _COLORS.sub("", output)
    if len(_CARGO_BEGINS.findall(output)) > len(_CARGO_ENDS.findall(output)):
        return None
    found = [
        max(0, int(count) - int(skipped or 0))
        for count, skipped in _UNITTEST.findall(output)
    ]
    for parts in _TOTALS.findall(output):
        found.append(sum(map(int, _RAN.findall("".join(parts)))))
    found += map(int, _TAP.findall(output))
    if not found:
        return None
    none = len(_PART_OF_TEST.findall(output)) + len(set(_NOT_LOADED.findall(output)))
    return max(0, sum(found) - none)


_GO_FAILS = re.compile(r"^FAIL\t.*$", re.MULTILINE)
"""Go says it of each package of which not all is well."""
_GO_ENDS = re.compile(r"^FAIL$", re.MULTILINE)
"""The tests of such a package say it, where they came to their end."""
_MAKE_KILLED = re.compile(
    r"^make(?:\[\d+\])?: \*\*\* \[.*\] "
    r"(?:Error (?:129|1[3-9]\d)|[A-Z][a-z ]+(?: \(core dumped\))?)$",
    re.MULTILINE,
)


def cut(output: str) -> bool:
    """Does Go say that the tests of a package did not build or come to their end, or
    make that a program was killed?"""
    output = _COLORS.sub("", output)
    packages = _GO_FAILS.split(output)[:-1]
    return bool(_MAKE_KILLED.search(output)) or not all(map(_GO_ENDS.search, packages))


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
