"""A function while it is put together from pieces."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from data_pipeline.programs.phrases import Phrase
from data_pipeline.programs.tree import Expr, Function, Name, Stmt, number

_NAMES = {
    "list[int]": ("xs", "nums", "numbers", "values", "items"),
    "list[str]": ("words", "names", "parts", "terms"),
    "str": ("s", "text", "line", "word"),
    "int": ("k", "m", "limit", "step"),
    "dict[str]": ("scores", "prices", "ages", "stock"),
}
_WHOLE = ("n", "num", "size")
"""Names of an int that the function is about."""
_AS_PARAM = 0.2
"""How often a constant of a piece is a parameter instead."""

T = TypeVar("T")


class Amount(NamedTuple):
    """A constant or a parameter, and how the statement calls it."""

    value: Expr
    word: str


class Sketch(NamedTuple):
    """A function that nobody has run yet.

    Attributes:
      domains: of the parameters, see `inputs.draw`.
      result: the statement's words for what it returns.
      size: how many pieces it has.
    """

    function: Function
    domains: tuple[str, ...]
    result: Phrase
    size: int


class Draft:
    """Draws choices, and keeps parameters and size.

    Attributes:
      rng: of all draws.
      size: pieces so far.
      slugs: words for the function's name.
      most: how large constants that elements are compared with may be.
    """

    def __init__(self, rng: random.Random):
        self.rng = rng
        self.size = 0
        self.most = 40
        self.slugs: list[str] = []
        self._params: list[Name] = []
        self._domains: list[str] = []

    def choice(self, options: Sequence[T]) -> T:
        return options[int(self.rng.random() * len(options))]

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def whole(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`."""
        return low + int(self.rng.random() * (high - low + 1))

    def param(self, type: str, domain: str) -> Name:
        """A new parameter."""
        names = _NAMES[type]
        if type == "int" and domain != "small":
            names = _WHOLE
        used = {name.id for name in self._params}
        name = Name(self.choice([one for one in names if one not in used]), type)
        self._params.append(name)
        self._domains.append(domain)
        return name

    def pair(self, type: str, domain: str) -> tuple[Name, Name]:
        """Two new parameters of one type, called `a` and `b`."""
        names = Name("a", type), Name("b", type)
        self._params += names
        self._domains += [domain, domain]
        return names

    def amount(self, low: int, high: int) -> Amount:
        """A constant in these bounds; if 1 to 9 is within, perhaps a parameter."""
        ints = [name for name in self._params if name.type == "int"]
        if low <= 3 and high >= 5 and not ints and self.chance(_AS_PARAM):
            name = self.param("int", "small")
            return Amount(name, f"`{name.id}`")
        value = self.whole(low, high)
        return Amount(number(value), str(value))

    def sketch(self, result: str, phrase: Phrase, body: Sequence[Stmt]) -> Sketch:
        """The function, called by its pieces' names or by a name that says nothing."""
        name = "_".join("_".join(self.slugs[:3]).split("_")[:4])
        if not self.slugs or self.chance(0.3):
            name = self.choice(("solve", "compute", "process", "run_task", "evaluate"))
        elif "_" not in name:
            name = f"{self.choice(('get', 'find', 'make'))}_{name}"
        params = tuple(self._params)
        function = Function(name, params, result, tuple(body))
        return Sketch(function, tuple(self._domains), phrase, max(self.size, 1))
