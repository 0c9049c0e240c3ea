"""Where attempts begin, and which is taken: the best state, or the likeliest."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import NamedTuple, Protocol, runtime_checkable

from hrm_jax.agent.memory import Attempt, Memory
from hrm_jax.agent.mistake import TaskMistake
from hrm_jax.agent.repository import digest
from hrm_jax.agent.settings import BUILD_ON, LIKELIEST, RESTART, Settings
from hrm_jax.agent.suite import Result
from hrm_jax.search import selection
from hrm_jax.search.selection import Selection
from hrm_jax.search.tree import Node, Tree


class State(NamedTuple):
    """A repository.

    Attributes:
      texts: of its files.
      result: of its tests.
      failed: how many failed, by `Result.failed_of` the first state's result.
      mean_log_prob: per token, over the answers of the attempt that led to it; nan
        where there are none, or the endpoint tells none.
    """

    texts: Mapping[str, str]
    result: Result
    failed: int
    mean_log_prob: float = math.nan


class Start(NamedTuple):
    """What an attempt begins with.

    Attributes:
      state: see there.
      made_by: number of the attempt that left it; 0 of the repository as it was given.
      memory: that the planner counts in, and a model may read.
    """

    state: State
    made_by: int
    memory: Memory


@runtime_checkable
class Strategy(Protocol):
    @property
    def start(self) -> Start:
        """Of the next attempt."""
        ...

    @property
    def taken(self) -> State | None:
        """What is taken whatever its tests say; None where the best by tests is."""
        ...

    def ended(self, attempt: Attempt, state: State) -> None:
        """Takes in the attempt that began at `start`, and the state that it left."""


class BuildOn:
    """Every attempt starts from the best state so far, with the memory of all."""

    taken = None

    def __init__(self, start: Start):
        self.start = start

    def ended(self, attempt: Attempt, state: State) -> None:
        self.start.memory.add(attempt)
        if attempt.helped:
            self.start = self.start._replace(state=state, made_by=attempt.number)


class Restart:
    """An attempt that helped is built on; after any other, the next one starts from the
    first state with empty memory: best of n by the visible tests."""

    taken = None

    def __init__(self, start: Start, memory_size: int):
        self.start = self._first = start
        self._memory_size = memory_size

    def ended(self, attempt: Attempt, state: State) -> None:
        if attempt.helped:
            self.start.memory.add(attempt)
            self.start = self.start._replace(state=state, made_by=attempt.number)
        else:
            memory = Memory(self._memory_size)
            self.start = self._first._replace(memory=memory)


class Likeliest:
    """Every attempt starts from the first state, and all but the first with empty
    memory; taken is the state reached with the highest mean log-probability (best of n,
    without the visible tests)."""

    taken: State | None = None

    def __init__(self, start: Start, memory_size: int):
        self.start = start
        self._memory_size = memory_size

    def ended(self, attempt: Attempt, state: State) -> None:
        """Raises:
        TaskMistake: no answer of the first attempt has a log-probability.
        """
        told = not math.isnan(state.mean_log_prob)
        if not self.taken and not told:
            raise TaskMistake(
                f"--agent has strategy={LIKELIEST}, but no answer of the first attempt "
                "came with a log-probability, as of a server that tells none, or "
                "cannot read so long a prompt: take another strategy, and another "
                "--output."
            )
        if not self.taken or state.mean_log_prob > self.taken.mean_log_prob:
            self.taken = state
        self.start = self.start._replace(memory=Memory(self._memory_size))


@dataclasses.dataclass(frozen=True)
class _Left:
    """What an attempt left; see `search.tree.Made`."""

    start: Start
    key: str

    @property
    def failure(self) -> str | None:
        result = self.start.state.result
        return None if result.passed else result.observed("")

    @property
    def mean_log_prob(self) -> float:
        return self.start.state.mean_log_prob


class StateTree:
    """Monte Carlo tree search over states, as SWE-Search's (arXiv:2410.20285): below
    each are those that attempts from there have left, and a state is worth the share by
    which fewer tests fail than at first. What is remembered at a state are the attempts
    that began there."""

    taken = None

    def __init__(self, start: Start, chosen: Selection, memory_size: int):
        self._first, self._chosen, self._memory_size = start, chosen, memory_size
        self._tree: Tree[_Left] = Tree(digest(start.state.texts))
        self._place: Node[_Left] = self._tree.root

    @property
    def start(self) -> Start:
        left = self._place.candidate
        return self._first if left is None else left.start

    def ended(self, attempt: Attempt, state: State) -> None:
        self.start.memory.add(attempt)
        new = Start(state, attempt.number, Memory(self._memory_size))
        node = self._tree.begin(self._place)
        before = self._first.state.failed
        mended = max(0.0, (before - state.failed) / before)
        self._tree.settle(node, _Left(new, digest(state.texts)), mended)
        passed = state.result.passed
        self._place = (
            node if passed else selection.choose(self._tree.root, self._chosen)
        )


def strategy(settings: Settings, start: Start) -> Strategy:
    """The strategy of the settings."""
    if settings.strategy == BUILD_ON:
        return BuildOn(start)
    if settings.strategy == RESTART:
        return Restart(start, settings.memory_size)
    if settings.strategy == LIKELIEST:
        return Likeliest(start, settings.memory_size)
    return StateTree(start, settings.selection, settings.memory_size)
