"""Functions, told apart by what they do, not by how their variables are called."""

from __future__ import annotations

import ast
import collections
import contextlib
import hashlib
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence

from data_pipeline import syntax
from data_pipeline.text.corpus import braces

LEAST_TOKENS = 24
"""A smaller function is so common that finding it again says nothing."""

_DEF = re.compile(
    r"^(?=(?P<block>(?P<indent>[ \t]{0,40})(?:async[ \t]+)?def[ \t].*"
    r"(?:\n(?:(?P=indent)[ \t)].*|[ \t\r\f]*(?:#.*)?$))*))",
    re.MULTILINE,
)
"""A function of Python as its indentation shows it: all lines that are deeper, empty,
or comments, and the parenthesis that closes its parameters."""
_NAMING = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef),
    *(ast.ExceptHandler, ast.MatchAs, ast.MatchStar),
)
"""What gives a name to something."""


def hashes(source: str) -> set[str]:
    """Hashes of the functions in a text, in Python or a language with braces.

    Two functions have the same if they differ in comments, layout, the names of
    variables and of themselves, and the order of parameters alone. Functions below
    `LEAST_TOKENS` are left out, and those that Python 3 cannot parse.
    """
    try:
        return _in_python(source)
    except syntax.UNREADABLE:
        found = {_digest(words) for words in braces.functions(source, LEAST_TOKENS)}
    for function in _DEF.finditer(source):
        # What it stands in, so that comments may have less of an indentation.
        about = "if True:\n" if function["indent"] else ""
        with contextlib.suppress(*syntax.UNREADABLE):
            found |= _in_python(about + function["block"])
    return found


def _in_python(source: str) -> set[str]:
    """Raises: `syntax.UNREADABLE`."""
    return {
        _digest(words)
        for node in ast.walk(syntax.module(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if len(words := list(_of_python(node))) >= LEAST_TOKENS
    }


def _digest(words: Sequence[str]) -> str:
    text = "\0".join(words).encode(errors="surrogatepass")
    return hashlib.sha256(text).hexdigest()


def _of_python(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """The nodes of a function's body, its names numbered as they come there, so that
    neither order nor number of parameters counts."""
    bound = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, _NAMING) and node.name:
            bound.add(node.name)
    numbers = collections.defaultdict(itertools.count().__next__)
    body = function.body[ast.get_docstring(function, clean=False) is not None :]
    for statement in body:
        yield from _nodes(statement, bound, numbers)


def _nodes(node: ast.AST, bound: set[str], numbers: Mapping[str, int]) -> Iterator[str]:
    yield type(node).__name__
    for field, value in ast.iter_fields(node):
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, ast.AST):
                if field not in ("annotation", "returns", "ctx"):
                    yield from _nodes(part, bound, numbers)
            elif isinstance(part, str):
                named = field == "name" and isinstance(node, _NAMING)
                # What a keyword is called is the callee's matter.
                named = named or isinstance(node, ast.arg) or field in ("id", "names")
                yield f"v{numbers[part]}" if named and part in bound else repr(part)
            elif part is not None and field != "kind":
                yield repr(part)
    yield ")"
