"""What decides how an agent works; the values stand in `configs/agent.py`."""

from __future__ import annotations

import dataclasses
from typing import Any

from data_pipeline.schema import (
    UserError,
    require_at_least,
    require_at_most,
    require_share,
)
from hrm_jax.search.selection import UCB, Selection, require_bounds

BUILD_ON, RESTART, LIKELIEST, TREE = "build_on", "restart", "likeliest", "tree"
STRATEGIES = (BUILD_ON, RESTART, LIKELIEST, TREE)
_MAY_CHANGE = ("attempts", "seconds", "tokens", "runs", "lease_seconds", "leases")
"""Of a session that has begun."""
_MOST = 10**9
"""That a number may be, which has no other bound: it is none where it is infinite."""
_LONGEST_TESTS, _LARGEST_MEMORY = 10**6, 10**15
"""Seconds and bytes that the kernel takes as limits of a program; they end well below
what its numbers hold."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """See `configs/agent.py` for each field.

    Raises:
      UserError: a budget is used up before it begins, a number is out of bounds, or
        there is no such strategy.
    """

    strategy: str
    exploration: float
    fresh_widening: float
    repair_widening: float
    widening_power: float
    attempts: int
    actions: int
    malformed: int
    temperature: float
    seed: int
    offered: int
    answer_tokens: int
    memory_share: float
    map_share: float
    memory_size: int
    bm25_k1: float
    bm25_b: float
    observation_chars: int
    largest_file: int
    largest_repository: int
    test_seconds: int
    test_memory: int
    lease_seconds: float
    leases: int
    seconds: float
    tokens: int
    runs: int

    def __post_init__(self) -> None:
        for name in ("seconds", "tokens", "runs", "attempts", "actions"):
            if not getattr(self, name) > 0:
                raise UserError(
                    f"The budget of {name} is {getattr(self, name):g}, with which "
                    "nothing can be done: give more."
                )
        require_at_least(
            "agent",
            self,
            malformed=0,
            temperature=0,
            offered=1,
            answer_tokens=1,
            memory_size=0,
            bm25_k1=0,
            observation_chars=1,
            largest_file=1,
            largest_repository=1,
            test_seconds=1,
            test_memory=2**20,
            lease_seconds=0.01,
            leases=1,
        )
        require_share("agent", self, "memory_share", "map_share", "bm25_b")
        require_at_most(
            "agent",
            self,
            seconds=_MOST,
            temperature=_MOST,
            bm25_k1=_MOST,
            lease_seconds=_MOST,
            test_seconds=_LONGEST_TESTS,
            test_memory=_LARGEST_MEMORY,
        )
        require_bounds("agent", self)
        if self.strategy not in STRATEGIES:
            raise UserError(
                f"--agent has strategy={self.strategy}: take {', '.join(STRATEGIES)}."
            )

    @property
    def selection(self) -> Selection:
        """Of a tree: where the next attempt begins."""
        return Selection(
            UCB,
            self.exploration,
            self.fresh_widening,
            self.repair_widening,
            self.widening_power,
        )

    @property
    def deciding(self) -> dict[str, Any]:
        """What a session that has begun keeps to."""
        fields = dataclasses.asdict(self)
        return {name: fields[name] for name in fields if name not in _MAY_CHANGE}

    @classmethod
    def read(cls, config: Any, text: str) -> Settings:
        """Those of a config, with changes as in `attempts=3,seconds=60`.

        Raises:
          UserError: there is no such field, or it cannot have this value.
        """
        changes = {}
        known = {field.name for field in dataclasses.fields(cls)}
        for word in filter(None, text.split(",")):
            name, equals, value = word.partition("=")
            if name not in known or not equals:
                raise UserError(
                    f"--agent has {word!r}, but it takes fields of configs/agent.py: "
                    "--agent=attempts=3,seconds=60."
                )
            kind = type(config[name])
            try:
                changes[name] = kind(value)
            except ValueError as error:
                raise UserError(
                    f"--agent has {word!r}, but {name} is {kind.__name__}."
                ) from error
        return cls.of(config, **changes)

    @classmethod
    def of(cls, config: Any, **changes: Any) -> Settings:
        """Those of a config, with changes."""
        return cls(**{**config.to_dict(), **changes})
