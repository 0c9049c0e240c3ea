"""The upper level: which failing test to go for next, in which files, and when to stop.

HiRA (arXiv:2507.02652) gives this to a second model; ours are too small to plan, so
that it is rules over what the tests say and what was tried.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from hrm_jax.agent.environment import is_test
from hrm_jax.agent.retrieval import Index
from hrm_jax.agent.settings import LIKELIEST, Settings
from hrm_jax.agent.strategy import Start


class Subgoal(NamedTuple):
    """What the next attempt is to do.

    Attributes:
      number: from 1.
      begins_with: number of the attempt that left the repository as it is now; 0 where
        it is as it was given.
      test: to repair; "" where the failing ones have no names.
      files: that it may be about, the likeliest first.
      temperature: of the model's answers; 0 for greedy ones.
      ranked: all files that are no tests, as retrieval ranks them.
    """

    number: int
    begins_with: int
    test: str
    files: tuple[str, ...]
    temperature: float
    ranked: tuple[str, ...]


class Finished(NamedTuple):
    """Nothing is left to do, or to try.

    Attributes:
      solved: all tests pass.
      why: in a few words.
    """

    solved: bool
    why: str


def decide(
    goal: str, start: Start, number: int, idle: int, again: bool, settings: Settings
) -> Subgoal | Finished:
    """What to do next.

    Picks the failing test tried least often, and for it the files that retrieval ranks
    highest; a file drops two places for every two failed attempts on it. Each
    repository state is asked greedily only once; later attempts there sample at
    `settings.temperature`, since the greedy answer would repeat the same mistake.

    Args:
      start: what the next attempt begins with.
      number: of the next subgoal.
      idle: attempts since the best state so far.
      again: this state was asked greedily before.
    """
    texts, result = start.state.texts, start.state.result
    memory = start.memory
    if result.passed:
        return Finished(True, "all tests pass")
    if idle >= settings.attempts:
        made = f"{idle} attempts were made"
        if settings.strategy != LIKELIEST:
            made = f"{idle} attempts in a row left no better state"
        return Finished(False, made)
    tests = result.failing or ("",)
    test = min(tests, key=memory.tries)
    question = f"{goal}\n{test}\n{result.words_of(test)}"
    places = rank(question, texts, settings)
    order = sorted(
        range(len(places)),
        key=lambda place: place + memory.failed_on(test, places[place]) // 2 * 2,
    )
    files = tuple(places[place] for place in order[: settings.offered])
    # Earlier sessions, whose attempts the memory may hold, began there.
    again = again or (start.made_by == 0 and any(map(memory.tries, tests)))
    temperature = settings.temperature if again else 0.0
    ranked = tuple(places)
    return Subgoal(number, start.made_by, test, files, temperature, ranked)


def rank(question: str, texts: Mapping[str, str], settings: Settings) -> list[str]:
    """The files that are no tests, the likeliest to matter first; their paths count as
    words of them."""
    files = {path: f"{path}\n{texts[path]}" for path in texts if not is_test(path)}
    return Index(files, settings.bm25_k1, settings.bm25_b).rank(question)
