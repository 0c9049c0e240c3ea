"""Functions, told apart by what they do, not by how their variables are called."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator

from data_pipeline import syntax
from data_pipeline.text.corpus import braces

LEAST_TOKENS = 24
"""A smaller function is so common that finding it again says nothing."""

_NAMING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ExceptHandler)
"""What gives a name to something."""


def hashes(source: str) -> set[str]:
    """Hashes of the functions in a text, in Python or a language with braces.

    Two functions have the same if they differ in comments, layout and the names of
    variables and of themselves alone. Functions below `LEAST_TOKENS` are left out.
    """
    try:
        tree = syntax.module(source)
    except syntax.UNREADABLE:
        return {_digest(words) for words in braces.functions(source, LEAST_TOKENS)}
    try:
        return {
            _digest(words)
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            if len(words := list(_of_python(node))) >= LEAST_TOKENS
        }
    except RecursionError:
        return set()


def _digest(words: list[str]) -> str:
    text = "\0".join(words).encode(errors="surrogatepass")
    return hashlib.sha256(text).hexdigest()


def _of_python(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """The nodes of a function, its names numbered."""
    bound = []
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.append(node.id)
        elif isinstance(node, ast.arg):
            bound.append(node.arg)
        elif isinstance(node, _NAMING) and node.name:
            bound.append(node.name)
    names = {name: f"v{n}" for n, name in enumerate(dict.fromkeys(bound))}
    body = function.body[ast.get_docstring(function, clean=False) is not None :]
    for statement in body:
        yield from _nodes(statement, names)


def _nodes(node: ast.AST, names: dict[str, str]) -> Iterator[str]:
    yield type(node).__name__
    for field, value in ast.iter_fields(node):
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, ast.AST):
                if field not in ("annotation", "returns", "ctx"):
                    yield from _nodes(part, names)
            elif isinstance(part, str):
                named = field == "name" and isinstance(node, _NAMING)
                plain = named or field in ("id", "arg")
                yield names.get(part, part) if plain else repr(part)
            elif part is not None and field != "kind":
                yield repr(part)
    yield ")"
