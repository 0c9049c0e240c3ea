"""A sketch of a function in words, derived from its tree: signature and steps.

A model may write the sketch before the code, or, as the ablation, behind it. It is a
comment, so that the answer stays a program. MoT (arXiv:2503.12483) asks a large model
for a graph of modules, then for the code of it: here a small one learns both by
example, in one answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from data_pipeline.programs.render.python import Python
from data_pipeline.programs.tree import (
    Append,
    Assign,
    Count,
    Expr,
    For,
    Function,
    If,
    Let,
    Put,
    Range,
    Return,
    Sort,
    Stmt,
    Update,
    While,
)
from data_pipeline.text.example import Example

_EMPTY = {"list": "list", "str": "text", "dict": "dictionary", "set": "set"}
_UPDATES = {"+": "add {} to {}", "-": "subtract {} from {}"}


def plan(function: Function) -> list[str]:
    """Lines: what is given and returned, and the steps, indented as they are nested."""
    params = ", ".join(param.id for param in function.params)
    return [f"{params} -> {function.result}", *_steps(function.body)]


def sketch(function: Function, language: str) -> str:
    """The plan as comments."""
    mark = "#" if language == "python" else "//"
    return "".join(f"{mark} {line}\n" for line in plan(function))


def planned(example: Example, function: Function, order: str) -> Example:
    """The example, whose answer is the function, with a plan "before" it or "after"."""
    told = sketch(function, example.language)
    code = example.response
    assert isinstance(code, str)
    return example._replace(response=told + code if order == "before" else code + told)


def _steps(body: Sequence[Stmt]) -> Iterator[str]:
    for node in body:
        match node:
            case For(var, iterable, inner):
                yield f"for each {var.id} in {_said(iterable)}:"
                yield from _nested(inner)
            case Range(var, start, stop, inner, closed):
                last = "to" if closed else "to before"
                yield f"for {var.id} from {_said(start)} {last} {_said(stop)}:"
                yield from _nested(inner)
            case While(test, inner):
                yield f"while {_said(test)}:"
                yield from _nested(inner)
            case If(test, then, other):
                yield f"if {_said(test)}:"
                yield from _nested(then)
                if other:
                    yield "else:"
                    yield from _nested(other)
            case _:
                yield _step(node)


def _nested(body: Sequence[Stmt]) -> Iterator[str]:
    return (f"  {line}" for line in _steps(body))


def _step(node: Stmt) -> str:
    match node:
        case Let(name, None):
            return f"{name.id} is an empty {_EMPTY[name.type.partition('[')[0]]}"
        case Let(name, value) | Assign(name, value):
            assert value is not None
            return f"{name.id} is {_said(value)}"
        case Update(name, op, value) if op in _UPDATES:
            return _UPDATES[op].format(_said(value), name.id)
        case Update(name, op, value):
            return f"{name.id} is {name.id} {op} {_said(value)}"
        case Append(name, value):
            return f"put {_said(value)} into {name.id}"
        case Count(name, key, amount):
            return f"add {_said(amount)} to {name.id} at {_said(key)}"
        case Put(name, key, value):
            return f"{name.id} at {_said(key)} is {_said(value)}"
        case Sort(name):
            return f"sort {name.id}"
        case Return(value):
            return f"return {_said(value)}"
    raise TypeError(f"{node} is no step")


def _said(node: Expr) -> str:
    """An expression, as Python has it; the function itself is `f`."""
    return Python("f").expr(node)
