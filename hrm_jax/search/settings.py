"""What a search is set to, and how much it may spend."""

from __future__ import annotations

import dataclasses
import json
import pathlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from data_pipeline.schema import (
    UserError,
    require,
    require_at_least,
    require_share,
)
from hrm_jax.search.candidate import FRESH
from hrm_jax.search.selection import (
    OF_DISTINCT,
    WITHOUT_TREE,
    Selection,
    require_bounds,
)

_TOLD = {
    **{"bool": "true or false", "int": "a whole number", "float": "a number"},
    "tuple[float, ...]": "a list of numbers",
}
"""Types of fields, in words."""


class Budget(NamedTuple):
    """How much a search may spend.

    Attributes:
      samples: answers of the network.
      executions: runs of programs, those on generated arguments included.
    """

    samples: int
    executions: int

    @classmethod
    def alike(cls, count: int) -> Budget:
        """As many of the one as of the other."""
        return cls(count, count)


@dataclasses.dataclass(frozen=True)
class Settings:
    """See `configs/search.py` for what the fields are good for.

    Attributes:
      rule: see `Selection`, as the next four.
      temperatures: of samples of one prompt, in turn, after a greedy first fresh one.
      distinct_temperature: of all samples, where those of one prompt differ.
      batch: candidates that are begun before one of them is settled.
      value_weight: in [0, 1], of the value head in the reward.
      stop_when_passed: end once a candidate passes all public tests.
    """

    rule: str
    exploration: float
    fresh_widening: float
    repair_widening: float
    widening_power: float
    temperatures: tuple[float, ...]
    distinct_temperature: float
    batch: int
    value_weight: float
    stop_when_passed: bool

    def __post_init__(self) -> None:
        _ = self.selection
        require_bounds("search", self)
        warm = bool(self.temperatures) and all(one > 0 for one in self.temperatures)
        require(warm, "search", self, "temperatures", "one number or more, all above 0")
        warm = self.distinct_temperature > 0
        require(warm, "search", self, "distinct_temperature", "above 0")
        require_at_least("search", self, batch=1)
        require_share("search", self, "value_weight")

    @property
    def distinct(self) -> bool:
        """Samples of one prompt all differ."""
        return self.rule in OF_DISTINCT

    @property
    def at_once(self) -> int:
        """Candidates of a batch: who is to differ from others has to know them."""
        return 1 if self.distinct else self.batch

    @property
    def selection(self) -> Selection:
        return Selection(
            self.rule,
            self.exploration,
            self.fresh_widening,
            self.repair_widening,
            self.widening_power,
        )

    def temperature(self, way: str, ordinal: int) -> float:
        """Of a sample, by its number among those of its prompt; the first fresh one is
        the most likely answer. The most likely repair is often that answer again."""
        if self.distinct:
            return self.distinct_temperature
        if way == FRESH:
            ordinal -= 1
        return (
            0.0 if ordinal < 0 else self.temperatures[ordinal % len(self.temperatures)]
        )


def idle(rule: str, stop_when_passed: bool) -> set[str]:
    """Names of the fields that change nothing under a rule."""
    distinct, tree = rule in OF_DISTINCT, rule not in WITHOUT_TREE
    found = {"temperatures", "batch"} if distinct else {"distinct_temperature"}
    if not tree:
        found |= {"exploration", "fresh_widening", "repair_widening", "widening_power"}
        found |= {"value_weight"}
        found |= set() if stop_when_passed else {"batch"}
    return found


def settings(rule: str, fields: Mapping[str, Any]) -> Settings:
    """Settings from a mapping, as a config or a file has them.

    Raises:
      UserError: a field is missing, unknown, of another type or out of bounds.
    """
    known = {field.name for field in dataclasses.fields(Settings)} - {"rule"}
    for name in [*known, *fields]:
        if name not in known or name not in fields:
            state = "unknown" if name in fields else "missing"
            raise UserError(f"The search's settings are malformed: {name} is {state}.")
    kinds = {field.name: str(field.type) for field in dataclasses.fields(Settings)}
    found = {name: _typed(name, kinds[name], fields[name]) for name in fields}
    return Settings(rule, **found)


def _typed(name: str, kind: str, value: Any) -> Any:
    """A field's value as its type, which JSON may write otherwise, but no other."""
    if kind == "bool" and isinstance(value, bool):
        return value
    if kind == "int" and _number(value) and isinstance(value, int):
        return value
    if kind == "float" and _number(value):
        return float(value)
    several = isinstance(value, list | tuple) and all(map(_number, value))
    if kind == "tuple[float, ...]" and several:
        return tuple(map(float, value))
    raise UserError(
        f"The search's settings are malformed: {name} is {value!r}, but must be "
        f"{_TOLD[kind]}."
    )


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def read(path: pathlib.Path) -> Mapping[str, Any]:
    """The fields of a file of settings, all but the rule.

    Raises:
      UserError: it cannot be read, or is no JSON object.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read as settings ({error}).") from error
    if not isinstance(found, dict):
        raise UserError(f"{path} is no JSON object of settings.")
    return {name: value for name, value in found.items() if name != "rule"}
