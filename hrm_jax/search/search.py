"""One search: a problem, a tree and a budget; it asks, and is told what came of it."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import NamedTuple

from eval.benchmarks.challenge import UNTESTED, Challenge
from eval.benchmarks.problem import Kind
from eval.benchmarks.synthetic.trial import Trial
from hrm_jax.search import identity, journal, selection
from hrm_jax.search.candidate import (
    FRESH,
    REPAIR,
    Ask,
    Candidate,
    Sample,
    Value,
    executions,
)
from hrm_jax.search.journal import Asked, Journal, Ran, Tried
from hrm_jax.search.selection import OF_SIGNATURE
from hrm_jax.search.settings import Budget, Settings
from hrm_jax.search.tree import Node, Tree
from hrm_jax.text.distinct import Path

_NO_PROGRAM = Tried(Trial(Kind.MALFORMED, (), (), "There is no program.", 0.0), None)
_UNTESTED = Tried(UNTESTED, None)


class _Begun(NamedTuple):
    """A candidate that is being made."""

    node: Node[Candidate]
    ask: Ask
    asked: Asked


class Search:
    """Deterministic: what it asks depends on the problem, the seed, and what it was
    told before, never on the order in which answers came.

    Attributes:
      challenge: the problem; its hidden tests are not touched.
      tree: so far.
    """

    def __init__(
        self,
        challenge: Challenge,
        settings: Settings,
        budget: Budget,
        seed: int,
        value: Value | None = None,
    ):
        """Args:
        seed: of all samples, with the problem and the number among its prompt's.
        value: the value head, if there is one.
        """
        self.challenge = challenge
        self.tree: Tree[Candidate] = Tree()
        self._settings, self._budget, self._seed = settings, budget, seed
        self._value = value if settings.value_weight else None
        self._begun: list[_Begun] = []
        self._paths: dict[Node[Candidate], tuple[Path, ...]] = {}

    @property
    def left(self) -> int:
        """Candidates that it may still begin, at most."""
        if self._settings.stop_when_passed and self._passed:
            return 0
        begun = len(self._begun)
        samples = self._budget.samples - len(self.tree.settled)
        return min(samples, self._budget.executions - self.executions) - begun

    @property
    def executions(self) -> int:
        """Runs of programs so far."""
        return executions(self.tree.candidates)

    @property
    def _passed(self) -> bool:
        return any(candidate.solved for candidate in self.tree.candidates)

    def expand(self) -> list[tuple[Asked, Ask]]:
        """Begins a batch of candidates, as far as the budget goes."""
        for _ in range(min(self._settings.at_once, self.left)):
            parent = self.tree.root
            if not self._passed:
                parent = selection.choose(self.tree.root, self._settings.selection)
            ask = self._ask(parent)
            begun = self.tree.begin(parent)
            key = journal.asked(self.challenge, ask)
            self._begun.append(_Begun(begun, ask, key))
        return [(one.asked, one.ask) for one in self._begun]

    def needs(self, sample: Sample) -> tuple[Ran, str] | None:
        """The program of an answer, if it has to be run to settle it."""
        source = self.challenge.extract(sample.text)
        if not source or not self.challenge.public_tests:
            return None
        return self._ran(source), source

    def settle(self, known: Journal) -> None:
        """Takes in what was begun, in that order.

        Args:
          known: has the answers, and the trials of all that they `needs`.
        """
        made = [self._candidate(one, known) for one in self._begun]
        rewards = self._rewards(made)
        for begun, candidate, reward in zip(self._begun, made, rewards, strict=True):
            self.tree.settle(begun.node, candidate, reward)
        for begun in self._begun if self._settings.distinct else ():
            prompt, path = begun.node.parent, known.samples[begun.asked].path
            assert prompt is not None, "a candidate has a parent"
            self._paths[prompt] = (*self._paths.get(prompt, ()), path)
        self._begun = []

    def _ask(self, parent: Node[Candidate]) -> Ask:
        challenge, ordinal = self.challenge, len(parent.children)
        prompt, way = challenge.prompt, FRESH
        if parent.candidate is not None:
            source, failure = parent.candidate.source, parent.candidate.failure
            assert failure is not None, "nothing to repair"
            prompt, way = challenge.repair_prompt(source, failure), REPAIR
        seed = zlib.crc32(f"{self._seed} {challenge.id} {way} {ordinal}".encode())
        temperature = self._settings.temperature(way, ordinal)
        apart = self._paths.get(parent, ()) if self._settings.distinct else None
        begins = challenge.begins if self._settings.rule in OF_SIGNATURE else ""
        return Ask(challenge.language, prompt, temperature, seed, apart, begins)

    def _candidate(self, begun: _Begun, known: Journal) -> Candidate:
        sample = known.samples[begun.asked]
        source = self.challenge.extract(sample.text)
        above = begun.node.parent.candidate if begun.node.parent else None
        ran = self._ran(source)
        if not source:
            tried = _NO_PROGRAM
        elif not self.challenge.public_tests:
            tried = _UNTESTED
        else:
            tried = known.trials[ran]
        return Candidate(
            number=len(self.tree.settled) + self._begun.index(begun),
            parent=None if above is None else above.number,
            way=FRESH if above is None else REPAIR,
            temperature=begun.ask.temperature,
            source=source,
            key=ran.key,
            log_prob=sample.log_prob,
            tokens=sample.tokens,
            kind=tried.trial.kind.value,
            results=tried.trial.results,
            passed=tried.trial.passed,
            failure=tried.failure,
            seconds=tried.trial.seconds,
            read=sample.read,
        )

    def _rewards(self, made: Sequence[Candidate]) -> list[float]:
        rewards = [candidate.reward for candidate in made]
        if self._value is None:
            return rewards
        weight = self._settings.value_weight
        values = self._value(self.challenge.language, self.challenge.prompt, made)
        return [
            (1 - weight) * reward + weight * value
            for reward, value in zip(rewards, values, strict=True)
        ]

    def _ran(self, source: str) -> Ran:
        return Ran(self.challenge.id, identity.key(self.challenge.language, source))
