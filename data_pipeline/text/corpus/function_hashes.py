"""Functions, told apart by what they do, not by how their variables are called."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator

from data_pipeline import syntax

LEAST_TOKENS = 24
"""A smaller function is so common that finding it again says nothing."""

_TOKEN = re.compile(
    r"""(?P<skip>\s+|//[^\n]*|/\*.*?(?:\*/|\Z))"""
    r"""|(?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)"""
    r"""|(?P<name>[A-Za-z_]\w*)|(?P<other>\d\w*(?:\.\d\w*)?|\.\.\.?|.)""",
    re.DOTALL,
)
_DEEPEST = 20
"""Blocks about a function's that are looked into, so that no token is hashed often."""
_NO_FUNCTION = frozenset(
    "if for while switch match loop do else try catch unsafe select class struct "
    "interface enum impl trait namespace".split()
)
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
        return {_digest(tokens) for tokens in _with_braces(source)}
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


def _with_braces(source: str) -> Iterator[list[str]]:
    """The tokens of each block that looks like a function's."""
    tokens = [
        (match.lastgroup or "", match[0])
        for match in _TOKEN.finditer(source)
        if match.lastgroup != "skip"
    ]
    head, opened = 0, []
    for place, (_, word) in enumerate(tokens):
        if word == "{":
            opened.append((head, place))
        elif word == "}" and opened:
            begin, start = opened.pop()
            fits = place + 1 - start >= LEAST_TOKENS and len(opened) < _DEEPEST
            if fits and _is_function(tokens[begin:start]):
                own = _called(tokens[begin:start])
                yield _numbered(tokens[start : place + 1], own)
        if word in ("{", "}", ";"):
            head = place + 1


def _is_function(head: list[tuple[str, str]]) -> bool:
    words = [word for _, word in head]
    return "(" in words and not _NO_FUNCTION & set(words)


def _called(head: list[tuple[str, str]]) -> str:
    """The name of a function, by its head."""
    words = [word for _, word in head]
    return words[max(words.index("(") - 1, 0)]


def _numbered(block: list[tuple[str, str]], own: str) -> list[str]:
    """The words of a block, its names numbered, but for members and what is called.

    Args:
      own: name of the function, which may call itself.
    """
    names: dict[str, str] = {}
    words = []
    for place, (group, word) in enumerate(block):
        member = place and block[place - 1][1] in (".", ":", ">")
        called = place + 1 < len(block) and block[place + 1][1] == "("
        if group == "name" and not member and (not called or word == own):
            word = names.setdefault(word, f"v{len(names)}")
        words.append(word)
    return words
