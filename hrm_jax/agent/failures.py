"""What the output of tests says: which failed, and the first failure in one line.

Output is a stranger's word: it is searched, never believed to be well formed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import NamedTuple

from data_pipeline import syntax
from data_pipeline.programs import scenarios, values

_LONGEST_WORDS = 400
_LONGEST_READ = 1 << 16
_LONGEST_LINE = 2_000
_NAMES = (
    re.compile(r"^(?:FAIL|ERROR): (\S+ \([\w.]+\))", re.MULTILINE),  # unittest
    re.compile(  # pytest, whose ids may have spaces
        r"^(?:FAILED|ERROR) (\S+\.py(?:::.*?)?)(?: - .*)?$", re.MULTILINE
    ),
    re.compile(r"^[ \t]*--- FAIL: (\S+)", re.MULTILINE),  # go
    re.compile(r"^test (\S+) \.\.\. FAILED", re.MULTILINE),  # cargo
    re.compile(r"^not ok \d+ (?:- )?(.+)$", re.MULTILINE),  # TAP, node --test
    re.compile(
        r"^[ \t]+[✕✖×] (.+?)(?: \([\d.]+ ?m?s\))?$", re.MULTILINE
    ),  # jest, mocha
)
_ASSERTED = re.compile(
    r"^(?:>\s+)?\s*(?:self\.assertEqual\((?P<equal>.+)\)|assert (?P<same>.+))$"
)
_DIFFERS = re.compile(
    r"^(?:E\s+)?AssertionError: (?:\w+ differ: )?(?P<got>.+?) != (?P<wanted>.+)$"
)
_ASSERTS = re.compile(r"^E\s+assert (?P<got>.+?) == (?P<wanted>.+)$")
_HEAD = re.compile(
    r"(?:FAIL|ERROR): (\S+ \([\w.]+\))"
    r"|_{3,} (?:ERROR (?:at \w+ of|collecting) )?(\S.*) _{3,}$"
)
"""Of the part about one test: unittest has its name there, pytest its title."""
_NO_TESTS = re.compile(
    r"^(?:Ran 0 tests|NO TESTS RAN|collected 0 items|no tests ran"
    r"|running 0 tests|\?\s+\S+\s+\[no test files\]|[#ℹ] tests 0$"
    r"|ok[ \t].*\[no tests to run\]|[ \t]+0 passing )",
    re.MULTILINE,
)
_ALL_SKIPPED = re.compile(
    r"^(?:s+\n-+\nRan [1-9]\d* tests? in [\d.]+s\n\nOK \(skipped=\d+\)"
    r"|(?:=+ )?(?:\d+ (?:skipped|deselected|warnings?)(?:, )?)+ in [\d.]+s.*"
    r"|running [1-9]\d* tests?\n(?:(?:i+|test .*)?\n)*"
    r"test result: ok\. 0 passed; 0 failed; [1-9].*"
    r"|[#ℹ] tests [1-9]\d*\n(?:[#ℹ] suites \d+\n)?[#ℹ] pass 0\n[#ℹ] fail 0)$",
    re.MULTILINE,
)
"""Of unittest, pytest, cargo and node."""
_NOTHING_MADE = re.compile(
    r"(?:make: (?:Nothing to be done for .*|'.*' is up to date)\.\s*)+"
)
_SOME_TESTS = re.compile(
    r"^(?:Ran [1-9]|running [1-9]|[#ℹ] tests [1-9]|FAILED \("
    r"|ok[ \t]+\S+[ \t]+(?:[\d.]+s|\(cached\))(?!.*\[no tests to run\]))"
    r"|\b[1-9]\d* (?:passed|failed|passing|failing|errors?)\b",
    re.MULTILINE,
)


class Failures(NamedTuple):
    """Which tests failed, and how, as far as their output tells.

    Attributes:
      names: of failed tests, each once, in order.
      words: of each failure, in the words of `scenarios.failure` where it is a call
        that returned something else than it should, else of its error. Where no part of
        the output is about one, those of the first; without names, of the whole at most
        one.
    """

    names: tuple[str, ...]
    words: tuple[str, ...]


def read(output: str) -> Failures:
    """What failed, as far as the output tells."""
    output = output[-_LONGEST_READ:]
    names: dict[str, None] = {}
    for pattern in _NAMES:
        names |= dict.fromkeys(name[:200] for name in pattern.findall(output))
    first, found = _words(output)
    if not names:
        return Failures((), (first,) if first else ())
    # pytest's titles do not say the file: of one title the first part is the first's.
    parts = [found.get(_head_of(name)) for name in names]
    return Failures(
        tuple(names), tuple(some.pop(0) if some else first for some in parts)
    )


def none_ran(output: str) -> bool:
    """Does it say that no test ran, and nowhere that one did or that there were errors?

    Go and cargo say it of each part that has none.
    """
    output = output[-_LONGEST_READ:]
    rest, skipped = _ALL_SKIPPED.subn("", output)
    said = skipped or _NO_TESTS.search(rest) or _NOTHING_MADE.fullmatch(output)
    return bool(said) and not some_ran(rest)


def some_ran(output: str) -> bool:
    """Does it say that a test ran, or that there were errors?"""
    return bool(_SOME_TESTS.search(output[-_LONGEST_READ:]))


def _words(output: str) -> tuple[str, dict[str, list[str]]]:
    """The first failure, and those that have a head, by that, in their order."""
    parts: list[tuple[str, list[str]]] = [("", [])]
    for line in output.split("\n"):
        line = line[:_LONGEST_LINE]
        if begins := _HEAD.match(line):
            parts.append((next(filter(None, begins.groups())), []))
        else:
            parts[-1][1].append(line)
    calls = [_first_call(lines) for _, lines in parts]
    found: dict[str, list[str]] = {}
    for (head, lines), told in zip(parts, calls, strict=True):
        found.setdefault(head, []).append(told or _last_words(lines))
    lines = [line for _, some in parts for line in some]
    first = next(filter(None, calls), "") or _last_words(lines)
    return first, found


def _head_of(name: str) -> str:
    """What the part about a failed test begins with: pytest has classes with dots."""
    return name.partition("::")[2].replace("::", ".") or name


def _first_call(lines: Sequence[str]) -> str:
    """The first call that returned something else than it should; "" for none."""
    asserted = ""
    for line in lines:
        if tells := _ASSERTED.match(line):
            asserted = tells["equal"] or tells["same"]
        differs = _DIFFERS.match(line) or _ASSERTS.match(line)
        if differs and asserted and (told := _told(asserted, differs["got"])):
            return told[:_LONGEST_WORDS]
    return ""


def _told(asserted: str, got: str) -> str:
    try:
        return _call(asserted, got)
    except (RecursionError, MemoryError):  # of `ast.unparse`, too
        return ""


def _call(asserted: str, got: str) -> str:
    """An assertion of a call's result, with what it returned instead."""
    tree = _parsed(f"({asserted})")
    if isinstance(tree, ast.Tuple) and len(tree.elts) >= 2:
        call, wanted = tree.elts[:2]
    elif isinstance(tree, ast.Compare) and isinstance(tree.ops[0], ast.Eq):
        call, wanted = tree.left, tree.comparators[0]
    else:
        return ""
    if not isinstance(call, ast.Call) or call.keywords:
        return ""
    name = ast.unparse(call.func)
    inner = ", ".join(map(_said, call.args))
    returned = _parsed(got)
    told = _said(returned) if returned is not None else got
    # As `scenarios.failure` has it, for arguments that may be no literals.
    return scenarios.failure(name, (), told, _said(wanted)).replace(
        f"{name}()", f"{name}({inner})", 1
    )


def _said(node: ast.expr) -> str:
    """A literal as prompts write it, whatever the language; else the source."""
    try:
        return values.written(ast.literal_eval(node))
    except (ValueError, TypeError):
        return ast.unparse(node)


def _parsed(text: str) -> ast.expr | None:
    """An expression; None where it is none, or none that can be looked at."""
    try:
        return syntax.expression(text.strip())
    except syntax.UNREADABLE:
        return None


_ERROR = re.compile(r"[\w.]*(?:Error|Exception)\b")
_TELLING = re.compile(r"(?:^|\b)(?:\w*Error|\w*Exception|panicked|expected)\b")


def _last_words(lines: Sequence[str]) -> str:
    """The first line that tells of an error, or else the last one that says a word."""
    said = [line.strip() for line in lines if line.strip(" -=\t.")]
    said = [line for line in said if not line.startswith("make: ***")]
    # Lines before the error may be source: pytest marks it, Python does not indent it.
    marked = [line[1:].strip() for line in said if line.startswith("E  ")]
    said = marked or [line for line in lines if _ERROR.match(line)] or said
    told = next(filter(_TELLING.search, said), said[-1] if said else "")
    return told[:_LONGEST_WORDS]
