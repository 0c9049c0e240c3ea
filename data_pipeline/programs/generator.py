"""Tasks, each a function of a seed, a split, a level and an index alone."""

from __future__ import annotations

import dataclasses
import random
import re
from typing import Any, NamedTuple

from data_pipeline.programs import behaviour, inputs, tree, values
from data_pipeline.programs.behaviour import SPLITS, Split
from data_pipeline.programs.draft import Draft, Sketch
from data_pipeline.programs.interpreter import Interpreter, Undefined
from data_pipeline.programs.phrases import Phrase
from data_pipeline.programs.pipelines import pipeline
from data_pipeline.programs.recursions import recursion
from data_pipeline.programs.tree import Function, Literal
from data_pipeline.programs.walks import walk
from data_pipeline.user_error import UserError

LEVELS = (1, 2, 3)
EXAMPLES = 5
TESTS = 12
_SIZES = {1: (1, 2), 2: (2, 4), 3: (4, 12)}
"""Pieces of a function, from and to, by level."""
_PATIENCE = 10_000
"""Sketches that are drawn for a task before something must be wrong."""


class Case(NamedTuple):
    """Attributes:
    args: of a call.
    result: what it returns.
    """

    args: tuple[Any, ...]
    result: Any


@dataclasses.dataclass(frozen=True)
class Task:
    """Attributes:
    function: a solution.
    result: words for what it returns.
    examples: calls that may be shown.
    tests: other calls, hidden.
    level: of difficulty, from 1.
    fingerprint: of the behaviour.
    split: that the behaviour belongs to.
    id: of the task, unlike those of all others.
    """

    function: Function
    result: Phrase
    examples: tuple[Case, ...]
    tests: tuple[Case, ...]
    level: int
    fingerprint: str
    split: Split
    id: str

    @property
    def cases(self) -> tuple[Case, ...]:
        return self.examples + self.tests


def task(seed: int, split: Split, index: int, level: int = 0) -> Task:
    """The task of an index, always the same.

    Args:
      level: of `LEVELS`; 0 draws one.

    Raises:
      UserError: there is no such split or level.
    """
    if split not in SPLITS:
        raise UserError(f"There is no split {split!r}: take {', '.join(SPLITS)}.")
    if level and level not in LEVELS:
        raise UserError(f"There is no level {level}: take 1, 2, 3, or 0 for any.")
    id = f"{split}-{seed}-{level}-{index}"
    rng = random.Random(f"programs {id}")
    level = level or 1 + int(rng.random() * len(LEVELS))
    for _ in range(_PATIENCE):
        found = _attempt(rng, split, level, id)
        if found is not None:
            return found
    raise AssertionError(f"no task {id} in {_PATIENCE} attempts")


def number_of(id: str) -> int:
    """The index of a task in its split, by its id or one that begins with it."""
    found = re.match(r"\w+-(?:-?\d+)-\d+-(\d+)", id)
    assert found is not None, f"{id} is no task's"
    return int(found[1])


def sketch(rng: random.Random, level: int) -> Sketch:
    """A function that nobody has run yet."""
    draft = Draft(rng)
    kind = rng.random()
    if level > 1 and kind < 0.3:
        return walk(draft, level)
    if kind > 0.9:
        return recursion(draft, level)
    return pipeline(draft, level)


def _attempt(rng: random.Random, split: Split, level: int, id: str) -> Task | None:
    """A task; None if the function is of another split or level, or not fit."""
    drawn = sketch(rng, level)
    low, high = _SIZES[level]
    if not low <= drawn.size <= high:
        return None
    interpreter = Interpreter(drawn.function)
    found = behaviour.fingerprint(drawn.function, interpreter)
    if found is None or behaviour.split_of(found) != split:
        return None
    cases = _cases(drawn, interpreter, rng)
    if cases is None:
        return None
    shown, hidden = cases[:EXAMPLES], cases[EXAMPLES:]
    return Task(
        drawn.function,
        drawn.result,
        tuple(shown),
        tuple(hidden),
        level,
        found,
        split,
        id,
    )


def _cases(
    drawn: Sketch, interpreter: Interpreter, rng: random.Random
) -> list[Case] | None:
    """Calls that differ, the results of examples and of tests not all alike, which
    together decide every test of the function both ways.

    Where the function is not defined for negative numbers, there are none.
    """
    for domains in (drawn.domains, tuple(_NATURAL.get(d, d) for d in drawn.domains)):
        interpreter.forget()
        try:
            cases = _drawn(drawn, domains, interpreter, rng)
        except Undefined:
            continue
        for part in (cases[:EXAMPLES], cases[EXAMPLES:]):
            if len({values.key(case.result) for case in part}) < 2:
                return None
        whole = len(cases) == EXAMPLES + TESTS and interpreter.decided
        return cases if whole else None
    return None


_NATURAL = {"any": "natural"}


def _drawn(
    drawn: Sketch,
    domains: tuple[str, ...],
    interpreter: Interpreter,
    rng: random.Random,
) -> list[Case]:
    types = [param.type for param in drawn.function.params]
    pairs = list(zip(types, domains, strict=True))
    near = [
        node.value
        for node in tree.walk(drawn.function.body)
        if isinstance(node, Literal) and type(node.value) is int and node.value > 1
    ]
    seen, cases = set(), []
    for _ in range(2 * (EXAMPLES + TESTS)):
        args = tuple(
            inputs.draw(type, domain, rng, near=near) for type, domain in pairs
        )
        key = repr(args)
        if key not in seen:
            seen.add(key)
            cases.append(Case(args, interpreter.call(args)))
        if len(cases) == EXAMPLES + TESTS:
            break
    return cases
