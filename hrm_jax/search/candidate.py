"""What search and everything else say to each other: asks, samples, candidates."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from eval.benchmarks.problem import Kind
from hrm_jax.text.distinct import Path

FRESH, REPAIR = "fresh", "repair"
"""The ways a candidate is made."""
_NO_PROGRAM = (Kind.COMPILE_ERROR, Kind.MALFORMED)
_NOT_COMPILED_REWARD = -0.1


class Ask(NamedTuple):
    """A question to the network.

    Attributes:
      language: to answer in; see `data_pipeline.text.special.LANGUAGES`.
      temperature: 0 for the most likely answer.
      seed: of what is drawn.
      apart: answers at this temperature that are not to come again; None where any
        may.
      begins: what the answer has to begin with.
      seconds: that a server may take for it.
    """

    language: str
    prompt: str
    temperature: float
    seed: int
    apart: tuple[Path, ...] | None = None
    begins: str = ""
    seconds: float = math.inf


class Sample(NamedTuple):
    """What the network said.

    Attributes:
      log_prob: summed over the tokens, the end included, by the model itself; nan where
        an endpoint does not tell.
      tokens: generated ones; 0 where an endpoint does not tell.
      cut: it ended for want of room, or there was no room for the prompt.
      path: its tokens and how likely each was drawn, where none is to come again.
      read: tokens of the prompt; 0 where that is not told.
    """

    text: str
    log_prob: float
    tokens: int
    cut: bool
    path: Path = ()
    read: int = 0


Write = Callable[[Sequence[Ask]], Iterator[tuple[int, Sample]]]
"""The network: the answer to each ask, with its place among them, as they end."""


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A program, and what came of it on the public tests.

    Attributes:
      number: in the order in which they were made, from 0.
      parent: the candidate that was to be mended; None of one written afresh.
      way: `FRESH` or `REPAIR`.
      temperature: it was drawn at.
      source: of the program; "" where the answer has none.
      key: `identity.key`, which duplicates share.
      log_prob, tokens, read: see `Sample`.
      kind: value of a `Kind`, over all public tests; `Kind.NOT_RUN` where it was not
        run, as where there are none.
      results, passed: of the public tests.
      failure: what a prompt of repair says; None where there is nothing to say.
      seconds: of its run.
    """

    number: int
    parent: int | None
    way: str
    temperature: float
    source: str
    key: str
    log_prob: float
    tokens: int
    kind: str
    results: tuple[str, ...]
    passed: tuple[bool, ...]
    failure: str | None
    seconds: float
    read: int = 0

    @property
    def mean_log_prob(self) -> float:
        """A token, by which answers of different lengths are compared: Chen et al.,
        arXiv:2107.03374, section 3.3."""
        return self.log_prob / max(self.tokens, 1)

    @property
    def share(self) -> float:
        """Of the public tests, those that it passes; 0 without any."""
        return sum(self.passed) / len(self.passed) if self.passed else 0.0

    @property
    def solved(self) -> bool:
        """It passes all public tests, and there are some."""
        return self.kind == Kind.PASSED

    @property
    def reward(self) -> float:
        """The share of public tests that it passes; less than none where it is no
        program."""
        return _NOT_COMPILED_REWARD if self.kind in _NO_PROGRAM else self.share


def executions(candidates: Sequence[Candidate]) -> int:
    """Of public tests: one for each program that was not there before."""
    return len({one.key for one in candidates if one.passed})


class Finalist(NamedTuple):
    """One of those that pass as many public tests as any.

    Attributes:
      probes: what it returned on generated arguments; None where it was not asked.
      votes: candidates of the same program.
    """

    candidate: Candidate
    probes: tuple[str, ...] | None
    votes: int


Value = Callable[[str, str, Sequence[Candidate]], Sequence[float]]
"""The probability that each candidate passes hidden tests; of a language and prompt."""
Decide = Callable[[str, str, Sequence[Finalist]], Sequence[float]]
"""How good each finalist is, more being better; of a language and prompt."""
