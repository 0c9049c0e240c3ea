"""Bugs that people make, planted in a source by its syntax tree.

A bug is a change of a few characters, so that the rest of the source stays as it is.
"""

from __future__ import annotations

import ast
import enum
import functools
import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from data_pipeline import syntax


class Kind(enum.StrEnum):
    """What sort of mistake a bug is."""

    OFF_BY_ONE = "off by one"
    WRONG_COMPARISON = "wrong comparison"
    LOST_CASE = "lost case"
    MUTATED_DEFAULT = "mutated default"
    WRONG_ORDER = "wrong order"


class Edit(NamedTuple):
    """Characters of a source and what comes in their place."""

    start: int
    end: int
    text: str


class Mutation(NamedTuple):
    """Attributes:
    kind: of mistake.
    function: that it is in, with its class.
    edits: of the source, none in another.
    """

    kind: Kind
    function: str
    edits: tuple[Edit, ...]

    def apply(self, source: str) -> str:
        """The source with the bug."""
        for edit in sorted(self.edits, reverse=True):
            source = source[: edit.start] + edit.text + source[edit.end :]
        return source

    def digest(self, module: str) -> str:
        """A hash of the place and the kind, which decides about the split."""
        return hashlib.sha256(f"{module} {self.function} {self}".encode()).hexdigest()


@functools.cache
def find(source: str) -> tuple[Mutation, ...]:
    """All bugs that can be planted in a source, in its order."""
    found = []
    tree = syntax.module(source)
    for function, name in _functions(tree):
        at = _Places(source)
        for node in ast.walk(function):
            found += [
                Mutation(kind, name, tuple(edits)) for kind, edits in _of(node, at)
            ]
        found += [
            Mutation(Kind.MUTATED_DEFAULT, name, tuple(edits))
            for edits in _defaults(function, at)
        ]
    whole = ast.dump(tree)
    return tuple(
        one for one in dict.fromkeys(found) if _differs(one.apply(source), whole)
    )


def _functions(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef, str]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node, node.name
        if isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef):
                    yield inner, f"{node.name}.{inner.name}"


class _Places:
    """Where nodes stand in an ASCII source, in characters from its beginning."""

    def __init__(self, source: str):
        self.source = source
        self._starts = [0]
        for line in source.split("\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return (
            self._starts[node.lineno - 1] + node.col_offset,
            self._starts[node.end_lineno - 1] + node.end_col_offset,
        )

    def lines(self, node: ast.stmt) -> tuple[int, int]:
        """The whole lines of a statement."""
        assert node.end_lineno is not None
        return self._starts[node.lineno - 1], self._starts[node.end_lineno]

    def text(self, node: ast.expr | ast.stmt) -> str:
        start, end = self.span(node)
        return self.source[start:end]


_COMPARISONS = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.In: ("not in", "in"),
}


def _of(node: ast.AST, at: _Places) -> Iterator[tuple[Kind, list[Edit]]]:
    """The bugs that can be made of a node, but for mutated defaults."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        swap = _COMPARISONS.get(type(node.ops[0]))
        start, end = at.span(node.left)[1], at.span(node.comparators[0])[0]
        if swap and swap[0] in at.source[start:end]:
            text = at.source[start:end].replace(*swap, 1)
            yield Kind.WRONG_COMPARISON, [Edit(start, end, text)]
    if isinstance(node, ast.BinOp):
        yield from _of_operation(node, at)
    if isinstance(node, ast.Call):
        yield from _of_call(node, at)
    if isinstance(node, ast.BoolOp):
        kept = at.span(node.values[-2])[1]
        yield Kind.LOST_CASE, [Edit(kept, at.span(node.values[-1])[1], "")]
        first = at.span(node.values[0])[0]
        yield Kind.LOST_CASE, [Edit(first, at.span(node.values[1])[0], "")]
    if isinstance(node, ast.If) and not node.orelse:
        if len(node.body) == 1 and isinstance(node.body[0], _LEAVING):
            yield Kind.LOST_CASE, [Edit(*at.lines(node), "")]
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        for bound in (node.slice.lower, node.slice.upper):
            if isinstance(bound, ast.Name | ast.Call):
                yield Kind.OFF_BY_ONE, [Edit(*at.span(bound), at.text(bound) + " - 1")]
    body = getattr(node, "body", None)
    if isinstance(body, list):
        yield from _of_body(body, at)


_LEAVING = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def _of_operation(node: ast.BinOp, at: _Places) -> Iterator[tuple[Kind, list[Edit]]]:
    left, right = at.span(node.left), at.span(node.right)
    constant = isinstance(node.right, ast.Constant) and node.right.value == 1
    if constant and isinstance(node.op, ast.Add | ast.Sub):
        yield Kind.OFF_BY_ONE, [Edit(left[1], right[1], "")]
    names = isinstance(node.left, ast.Name) and isinstance(node.right, ast.Name)
    if names and isinstance(node.op, ast.Sub | ast.FloorDiv | ast.Mod | ast.Add):
        yield Kind.WRONG_ORDER, _swapped(node.left, node.right, at)


def _of_call(node: ast.Call, at: _Places) -> Iterator[tuple[Kind, list[Edit]]]:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name == "range" and node.args:
        end = at.span(node.args[-1])[1]
        yield Kind.OFF_BY_ONE, [Edit(end, end, " - 1")]
    if name in ("min", "max"):
        start, end = at.span(node.func)
        other = "max" if name == "min" else "min"
        yield Kind.WRONG_COMPARISON, [Edit(start, end, other)]
    if name == "sorted" and not node.keywords:
        yield Kind.WRONG_ORDER, [Edit(*at.span(node.func), "list")]
    plain = [one for one in node.args if isinstance(one, ast.Name)]
    if len(plain) == len(node.args) == 2 and name not in ("min", "max"):
        yield Kind.WRONG_ORDER, _swapped(plain[0], plain[1], at)
    if len(node.args) == 1 and isinstance(node.args[0], ast.Constant):
        if node.args[0].value == 0:  # `pop(0)`, the first in, becomes the last in
            yield Kind.WRONG_ORDER, [Edit(*at.span(node.args[0]), "")]


def _of_body(body: list[ast.stmt], at: _Places) -> Iterator[tuple[Kind, list[Edit]]]:
    """Statements in the other order, where each of two changes something."""
    simple = (ast.Assign, ast.AugAssign, ast.Expr)
    for one, two in zip(body, body[1:], strict=False):
        if not isinstance(one, simple) or not isinstance(two, simple):
            continue
        if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant):
            continue  # a docstring
        (start, middle), (_, end) = at.lines(one), at.lines(two)
        text = at.source[middle:end] + at.source[start:middle]
        yield Kind.WRONG_ORDER, [Edit(start, end, text)]


def _defaults(function: ast.FunctionDef, at: _Places) -> Iterator[list[Edit]]:
    """A default of None, and the value made for it, become one value for all calls."""
    arguments = function.args.args[
        len(function.args.args) - len(function.args.defaults) :
    ]
    for argument, default in zip(arguments, function.args.defaults, strict=True):
        for node in function.body:
            if (
                isinstance(node, ast.If)
                and ast.unparse(node.test) == f"{argument.arg} is None"
                and len(node.body) == 1
                and isinstance(node.body[0], ast.Assign)
            ):
                value = at.text(node.body[0].value)
                yield [Edit(*at.span(default), value), Edit(*at.lines(node), "")]


def _swapped(one: ast.expr, two: ast.expr, at: _Places) -> list[Edit]:
    return [Edit(*at.span(one), at.text(two)), Edit(*at.span(two), at.text(one))]


def _differs(source: str, whole: str) -> bool:
    """Whether a source is a program, and another than the one with that syntax tree."""
    try:
        return ast.dump(syntax.module(source)) != whole
    except syntax.UNREADABLE:
        return False
