"""Loops that only collect, as one expression: for languages with comprehensions."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from data_pipeline.programs.tree import (
    Append,
    Expr,
    For,
    Function,
    Gather,
    If,
    Let,
    Literal,
    Name,
    Range,
    Return,
    Sort,
    Stmt,
    Update,
    denied,
)


def gathered(function: Function) -> Function:
    """The function with `Gather` in place of such loops."""
    return dataclasses.replace(function, body=tuple(_body(function.body)))


def _body(body: Sequence[Stmt]) -> list[Stmt]:
    found, place = [], 0
    while place < len(body):
        made = _collected(body[place : place + 2]) or _asked(body[place : place + 2])
        if made is None:
            found.append(body[place])
            place += 1
            continue
        match made, body[place + 2 :]:
            case Let(name, Gather() as value), (Return(Name(id)),) if name.id == id:
                return [*found, Return(value)]
            case (
                Let(name, Gather("list") as value),
                (Sort(Name(sorted)), Return(Name(id))),
            ) if name.id == id == sorted:
                return [*found, Return(dataclasses.replace(value, kind="sorted"))]
        found.append(made)
        place += 2
    return found


def _loop(node: Stmt) -> tuple[Name, Expr | Range, Sequence[Stmt]] | None:
    match node:
        case For(var, iterable, body):
            is_table = isinstance(iterable, Name) and iterable.type.startswith("dict")
            return None if is_table else (var, iterable, body)
        case Range(var, start, stop, body, closed):
            return var, Range(var, start, stop, (), closed), body
    return None


def _collected(pair: Sequence[Stmt]) -> Let | None:
    """An empty or zero variable, and a loop that adds to it and does nothing else."""
    match pair:
        case Let(name, None | Literal(0, "int") as start), loop if found := _loop(loop):
            var, items, (*more, step) = found
            test = None
            match more, step:
                case [], If(test, (inner,), ()):
                    step = inner
                case [_, *_], _:
                    return None
            kind, _, _ = name.type.partition("[")
            match step:
                case Update(Name(id), "+", value) if id == name.id and kind == "str":
                    kind = "text"
                case Update(Name(id), "+", value) if id == name.id and start:
                    kind = "sum"
                case Append(Name(id), value) if id == name.id:
                    pass
                case _:
                    return None
            return Let(name, Gather(kind, value, var, items, test, name.type))
    return None


def _asked(pair: Sequence[Stmt]) -> Return | None:
    """A loop that returns one truth if a test holds, and the other behind it."""
    match pair:
        case loop, Return(Literal(bool() as last)) if found := _loop(loop):
            var, items, body = found
            which = None
            match body:
                case (If(which, (If(test, (Return(Literal(first)),), ()),), ()),):
                    pass
                case (If(test, (Return(Literal(first)),), ()),):
                    pass
                case _:
                    return None
            if first is last:
                return None
            value = denied(test) if last else test
            kind = "all" if last else "any"
            return Return(Gather(kind, value, var, items, which, "bool"))
    return None
