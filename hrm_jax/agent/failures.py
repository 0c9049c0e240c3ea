"""What the output of tests says: which failed, and the first failure in one line.

Output is a stranger's word: it is searched, never believed to be well formed.
"""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

from data_pipeline import syntax
from data_pipeline.programs import scenarios, values

_LONGEST_WORDS = 400
_LONGEST_READ = 1 << 16
_NAMES = (
    re.compile(r"^(?:FAIL|ERROR): (\S+ \([\w.]+\))", re.MULTILINE),  # unittest
    re.compile(r"^(?:FAILED|ERROR) (\S+\.py\S*)", re.MULTILINE),  # pytest
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
_HEAD = re.compile(r"(?:FAIL|ERROR): (\w+)|_{3,} (?:\S+\.)?(\w+)(?:\[.*\])? _{3,}$")
_NO_TESTS = re.compile(
    r"^(?:Ran 0 tests|NO TESTS RAN|collected 0 items|no tests ran"
    r"|running 0 tests|\?\s+\S+\s+\[no test files\])",
    re.MULTILINE,
)


_SOME_TESTS = re.compile(
    r"^(?:Ran [1-9]|running [1-9]|ok[ \t]+\S+[ \t]+(?:[\d.]+s|\(cached\)))"
    r"|\b[1-9]\d* (?:passed|failed|passing|failing)\b",
    re.MULTILINE,
)


class Failures(NamedTuple):
    """Attributes:
    names: of failed tests, each once, in order.
    words: of each failure, in the words of `scenarios.failure` where it is a call that
      returned something else than it should. Where nothing is said of one, those of
      the first; without names, of the whole at most one.
    """

    names: tuple[str, ...]
    words: tuple[str, ...]


def read(output: str) -> Failures:
    """What failed, as far as the output tells."""
    output = output[-_LONGEST_READ:]
    names: dict[str, None] = {}
    for pattern in _NAMES:
        names |= dict.fromkeys(name[:200] for name in pattern.findall(output))
    first, by_head = _words(output)
    if not names:
        return Failures((), (first,) if first else ())
    last = [re.split(r"[.:]+| ", name.partition(" (")[0])[-1] for name in names]
    return Failures(tuple(names), tuple(by_head.get(one, first) for one in last))


def none_ran(output: str) -> bool:
    """Does it say that there were no tests, and nowhere that there were some?

    Go and cargo say it of each part that has none.
    """
    output = output[-_LONGEST_READ:]
    return bool(_NO_TESTS.search(output)) and not _SOME_TESTS.search(output)


def _words(output: str) -> tuple[str, dict[str, str]]:
    """The first failure, and the first one of each test whose output has a head."""
    lines = output.split("\n")
    asserted, head, found = "", "", {}
    for line in lines:
        if len(line) > 2_000:
            continue
        if begins := _HEAD.match(line):
            head = next(filter(None, begins.groups()))
        if tells := _ASSERTED.match(line):
            asserted = tells["equal"] or tells["same"]
        differs = _DIFFERS.match(line) or _ASSERTS.match(line)
        if not (differs and asserted) or head in found:
            continue
        if told := _told(asserted, differs["got"]):
            found[head] = told[:_LONGEST_WORDS]
    first = next(iter(found.values()), _last_words(lines)[:_LONGEST_WORDS])
    return first, found


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


_TELLING = re.compile(r"(?:^|\b)(?:\w*Error|\w*Exception|panicked|expected)\b")


def _last_words(lines: list[str]) -> str:
    """The first line that tells of an error, or else the last one that says a word."""
    said = [line.strip() for line in lines if line.strip(" -=\t.")]
    said = [line for line in said if not line.startswith("make: ***")]
    for line in said:
        if _TELLING.search(line):
            return line
    return said[-1] if said else ""
