"""Which programs are the same but for what does not matter.

Two sources share a key if one becomes the other by renaming locals, by layout, comments
or docstrings. The converse does not hold: where it is not certain that nothing else
differs, the keys do.
"""

from __future__ import annotations

import ast
import hashlib
import symtable
import warnings
from collections.abc import Iterator

from data_pipeline import syntax
from hrm_jax.search import spelling

_LOOKING = frozenset(
    ("locals", "vars", "dir", "eval", "exec", "globals", "getattr", "inspect")
)
"""By which a program can see the names of its locals; and by attributes that begin with
one of the following."""
_INSIDE = ("_", "co_", "f_", "gi_", "cr_")


def key(language: str, source: str) -> str:
    """SHA-256 of what matters of a program; what does not parse is its text."""
    if language == "python":
        told = _python(source)
    else:
        told = spelling.tokens(language, source)
    text = "\0".join([language, *(told if told is not None else ["text", source])])
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def _python(source: str) -> list[str] | None:
    """The dump of its syntax tree; None if it has none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = syntax.module(source)
            names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
            if "__doc__" not in source:
                _drop_docstrings(tree)
            if not names & _LOOKING and not any(map(_looks, ast.walk(tree))):
                table = symtable.symtable(source, "program", "exec")
                _rename(tree, table)
            return ["tree", ast.dump(tree)]
    except syntax.UNREADABLE:
        return None


def _looks(node: ast.AST) -> bool:
    """It is an attribute that may tell of names."""
    if not isinstance(node, ast.Attribute):
        return False
    return node.attr in _LOOKING or node.attr.startswith(_INSIDE)


def _drop_docstrings(tree: ast.Module) -> None:
    documented = (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for node in ast.walk(tree):
        if not isinstance(node, documented) or not node.body:
            continue
        first = node.body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            if isinstance(first.value.value, str):
                node.body[0] = ast.Pass()
                if len(node.body) > 1:
                    del node.body[0]


def _rename(tree: ast.Module, table: symtable.SymbolTable) -> None:
    """Numbers the locals of each function that stands by itself, in order."""
    scopes = {(child.get_name(), child.get_lineno()): child for child in _all(table)}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    keywords = {word.arg for call in calls for word in call.keywords}
    if None in keywords:  # names that are computed, as `f(**{"x": 1})` has them
        return
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        # Decorators are computed outside, and a table begins where they end.
        scope = scopes.get((node.name, node.lineno))
        if scope is None or node.decorator_list:
            continue
        free = _renamable(node, scope) - keywords - _outside(node)
        numbers: dict[str, str] = {}
        for inner in _in_order(node):
            if isinstance(inner, ast.Name) and inner.id in free:
                inner.id = numbers.setdefault(inner.id, f"\1{len(numbers)}")
            elif isinstance(inner, ast.arg) and inner.arg in free:
                inner.arg = numbers.setdefault(inner.arg, f"\1{len(numbers)}")


def _outside(node: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Names in what is computed when a function is made: defaults, types."""
    args = node.args
    every = [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg]
    parts = [*args.defaults, *args.kw_defaults, node.returns]
    parts += [arg.annotation for arg in every if arg is not None]
    nodes = [inner for part in parts if part is not None for inner in ast.walk(part)]
    return {inner.id for inner in nodes if isinstance(inner, ast.Name)}


def _renamable(node: ast.AST, scope: symtable.SymbolTable) -> set[str]:
    """Names that are local wherever they stand in a function, and mere names there."""
    local: set[str] = set()
    fixed: set[str] = set()
    for one in (scope, *_all(scope)):
        for symbol in one.get_symbols():
            bound = symbol.is_local() or symbol.is_parameter() or symbol.is_free()
            hidden = symbol.is_global() or symbol.is_imported()
            if one.get_type() != "function" or hidden or not bound:
                fixed.add(symbol.get_name())
            else:
                local.add(symbol.get_name())
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name | ast.arg | ast.Constant | ast.Attribute):
            continue
        for _, value in ast.iter_fields(inner):  # names that stand there as texts
            texts = value if isinstance(value, list) else [value]
            fixed.update(text for text in texts if isinstance(text, str))
    return local - fixed


def _all(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    for child in table.get_children():
        yield child
        yield from _all(child)


def _in_order(node: ast.AST) -> Iterator[ast.AST]:
    """Depth first, as the source is read."""
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _in_order(child)
