"""Small mistakes in a function, each proved by a call that shows it."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator
from typing import Any, NamedTuple

from data_pipeline.programs import behaviour, values
from data_pipeline.programs.generator import Case, Task
from data_pipeline.programs.interpreter import Interpreter, Undefined
from data_pipeline.programs.tree import (
    Call,
    Function,
    If,
    Literal,
    Not,
    Op,
    Range,
    Update,
    rebuilt,
)

_OPERATORS = {
    **{">": (">=", "<"), ">=": (">", "<="), "<": ("<=", ">"), "<=": ("<", ">=")},
    **{"==": ("!=",), "!=": ("==",), "+": ("-",), "-": ("+",), "*": ("+",)},
    **{"%": ("//",), "//": ("%",), "and": ("or",), "or": ("and",)},
}
_CALLS = {"max": "min", "min": "max", "starts": "ends", "ends": "starts"}
_TRIES = 8


class Bug(NamedTuple):
    """Attributes:
    function: with the mistake.
    case: a call with the right result.
    got: what the mistaken function returns for it.
    """

    function: Function
    case: Case
    got: Any


def plant(task: Task, rng: random.Random) -> Bug | None:
    """The function with one mistake that an example of the task shows.

    None if none of some drawn mistakes shows, or what they make is undefined on the
    examples or, in the training split, does what is to be held out.
    """
    function = task.function
    sites = sum(1 for _ in _sites(function.body))
    for _ in range(min(_TRIES, sites)):
        place = int(rng.random() * sites)
        body = _changed(function.body, place, rng)
        bug = _shown(task, dataclasses.replace(function, body=body))
        if bug is not None:
            return bug
    return None


def _shown(task: Task, function: Function) -> Bug | None:
    interpreter = Interpreter(function)
    found = None
    try:
        for case in task.cases:
            got = interpreter.call(case.args)
            differs = values.key(got) != values.key(case.result)
            if differs and found is None and case in task.examples:
                found = Bug(function, case, got)
    except Undefined:
        return None
    made = behaviour.fingerprint(function, interpreter)
    if made and task.split == "train" and behaviour.split_of(made) != "train":
        return None
    return found


def _alternatives(node: Any) -> list[Any]:
    """What somebody may have written in place of a node by mistake."""
    match node:
        case Op(op, left, right, type) if type in ("int", "index", "bool"):
            return [Op(other, left, right, type) for other in _OPERATORS[op]]
        case Literal(int() as value, "int" | "index" as type):
            near = (value + 1, value - 1) if value > 0 else (value + 1,)
            return [Literal(other, type) for other in near]
        case Literal(bool() as value, "bool"):
            return [Literal(not value, "bool")]
        case Not(test):
            return [test]
        case Call(name, args, type) if name in _CALLS:
            return [Call(_CALLS[name], args, type)]
        case Range(var, start, stop, body, closed) if var.type == "int":
            return [Range(var, start, stop, body, not closed)]
        case Update(name, "+", value) if name.type == "int":
            return [Update(name, "-", value)]
        case If(test, then, (_, *_) as other):
            return [If(test, other, then)]
    return []


def _sites(body: Any) -> Iterator[Any]:
    """The nodes that may be mistaken, in the order in which `rebuilt` changes them."""
    found: list[Any] = []

    def keep(node: Any) -> Any:
        if _alternatives(node):
            found.append(node)
        return node

    rebuilt(body, keep)
    return iter(found)


def _changed(body: Any, place: int, rng: random.Random) -> Any:
    """A body with another node at one of its sites."""
    left = place

    def change(node: Any) -> Any:
        nonlocal left
        others = _alternatives(node)
        if not others:
            return node
        left -= 1
        return others[int(rng.random() * len(others))] if left == -1 else node

    return rebuilt(body, change)
