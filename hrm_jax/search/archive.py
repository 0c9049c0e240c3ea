"""Self-evolution of a search: an archive of settings, each measured, that only grows.

Settings are points of a grid, one value for each gene. A new member is a mutation of an
archived one, which is drawn by its score and by how few children it has, as in the
Darwin Goedel Machine (arXiv:2505.22954, appendix A.2): nothing is thrown away, since
what is no better now may lead to what is.

What members are measured on is whoever's who measures; it must not be what the best of
them is reported on, for the best of many was lucky, too.
"""

from __future__ import annotations

import dataclasses
import math
import pathlib
import random
import statistics
from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

from data_pipeline.progress import OnProgress, silent
from data_pipeline.schema import UserError
from eval.benchmarks import ledger

_PATIENCE = 200
"""Mutations of a parent in a row that are known already."""

Genome = tuple[Any, ...]
"""Settings: a value for each gene."""


class Gene(NamedTuple):
    """A setting that evolution may change.

    Attributes:
      name: of what is set.
      values: that it may have, two at least, all different.
      ordered: a mutation goes to a neighbour, not to any other value.
    """

    name: str
    values: tuple[Any, ...]
    ordered: bool


class Measured(NamedTuple):
    """What settings are worth.

    Attributes:
      passed: of each task, was its answer right?
      samples, runs, tokens: that all tasks together took.
    """

    passed: tuple[bool, ...]
    samples: int
    runs: int
    tokens: int

    @property
    def score(self) -> float:
        return sum(self.passed) / len(self.passed)


@dataclasses.dataclass(frozen=True)
class Member:
    """One entry of the archive: settings, and what they are worth.

    Attributes:
      number: from 0, the settings that evolution began with.
      parent: whose mutation it is; None of the first.
      settings: its own.
      measured: what they are worth.
    """

    number: int
    parent: int | None
    settings: Genome
    measured: Measured


@dataclasses.dataclass(frozen=True)
class EvolutionConfig:
    """Attributes:
    genes: what may be set.
    members: that the archive grows to.
    pressure: how strongly parents are preferred by score: of the sigmoid of so many
      standard deviations above the archive's mean. (Published: 10 times the difference
      to a score of 0.5; our scores lie closer together than that.)
    seed: of all draws.
    """

    genes: tuple[Gene, ...]
    members: int
    pressure: float
    seed: int


Score = Callable[[Genome], Measured]
Effect = Callable[[Genome], Hashable]
"""What of settings has an effect: those that share it are the same."""


class Archive:
    """Members in the order in which they came.

    What comes next depends on the seed and on what is in the archive alone, so that one
    that was stopped goes on as if it never had been.

    Attributes:
      members: so far.
    """

    def __init__(self, config: EvolutionConfig, begin: Genome, effect: Effect = tuple):
        """Args:
        begin: the settings of the first member.
        effect: of settings; what has been tried is not proposed again.

        Raises:
          UserError: a value is none of its gene's.
        """
        self._config = config
        self._begin, self._effect = begin, effect
        self.members: list[Member] = []
        for gene, value in zip(config.genes, begin, strict=True):
            if value not in gene.values:
                told = ", ".join(map(str, gene.values))
                raise UserError(
                    f"{gene.name} is {value}, but evolution knows {told} alone."
                )

    @property
    def best(self) -> Member:
        """That with the highest score; of equal ones the cheapest, then the first."""
        return max(
            self.members,
            key=lambda one: (
                one.measured.score,
                -one.measured.runs,
                -one.measured.tokens,
                -one.number,
            ),
        )

    def propose(self) -> tuple[int | None, Genome] | None:
        """The next settings to be measured, and their parent's number; None where all
        has been tried that mutations of a parent lead to."""
        if not self.members:
            return None, self._begin
        number = len(self.members)
        rng = random.Random(f"evolution {self._config.seed} {number}")
        known = {self._effect(one.settings) for one in self.members}
        weights = self.weights()
        for _ in range(_PATIENCE):
            (parent,) = rng.choices(self.members, weights)
            found = mutated(self._config.genes, parent.settings, rng)
            if self._effect(found) not in known:
                return parent.number, found
        return None

    def weights(self) -> list[float]:
        """How likely each member is the next parent, unnormalised: sigmoid(pressure
        (score - mean) / deviation) / (1 + children)."""
        scores = [one.measured.score for one in self.members]
        mean, spread = statistics.fmean(scores), statistics.pstdev(scores) or 1.0
        parents = [one.parent for one in self.members]
        found = []
        for one, score in zip(self.members, scores, strict=True):
            above = self._config.pressure * (score - mean) / spread
            preferred = 1 / (1 + math.exp(-above))
            found.append(preferred / (1 + parents.count(one.number)))
        return found

    def add(self, parent: int | None, settings: Genome, measured: Measured) -> Member:
        """Takes in what was proposed, and measured."""
        member = Member(len(self.members), parent, settings, measured)
        self.members.append(member)
        return member


def mutated(genes: Sequence[Gene], settings: Genome, rng: random.Random) -> Genome:
    """Settings of which one gene at least has another value."""
    sure = int(rng.random() * len(genes))
    found = list(settings)
    for place, gene in enumerate(genes):
        if place != sure and rng.random() * len(genes) >= 1:
            continue
        at = gene.values.index(settings[place])
        others = [i for i in range(len(gene.values)) if i != at]
        if gene.ordered:
            others = [i for i in others if abs(i - at) == 1]
        found[place] = gene.values[others[int(rng.random() * len(others))]]
    return tuple(found)


def evolve(
    config: EvolutionConfig,
    begin: Genome,
    score: Score,
    path: pathlib.Path,
    progress: OnProgress = silent,
    effect: Effect = tuple,
) -> Archive:
    """Grows the archive in a file, each member kept as it is measured.

    Args:
      score: measures settings; it alone knows on what.
      effect: see `Archive`.

    Raises:
      UserError: the file holds another evolution, or is damaged.
    """
    archive = Archive(config, begin, effect)
    with ledger.opened(path) as book:
        for number, row in enumerate(book.rows, start=1):
            _take(archive, row, f"{path}:{number}")
        progress(len(archive.members), config.members)
        while len(archive.members) < config.members:
            proposed = archive.propose()
            if proposed is None:
                break
            measured = score(proposed[1])
            if not measured.passed:
                raise UserError("There are no tasks to measure settings on.")
            member = archive.add(*proposed, measured)
            book.add(_row(config, member))
            progress(len(archive.members), config.members)
    return archive


def _row(config: EvolutionConfig, member: Member) -> dict[str, Any]:
    names = [gene.name for gene in config.genes]
    return {
        "number": member.number,
        "parent": member.parent,
        "settings": dict(zip(names, member.settings, strict=True)),
        **member.measured._asdict(),
    }


def _take(archive: Archive, row: dict[str, Any], place: str) -> None:
    """Takes in a member of the file, which must be the one that comes next."""
    proposed = archive.propose()
    try:
        measured = Measured(
            tuple(map(bool, row["passed"])), row["samples"], row["runs"], row["tokens"]
        )
        settings = tuple(
            tuple(value) if isinstance(value, list) else value
            for value in row["settings"].values()
        )
        theirs = row["parent"], settings
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{place} is no member ({error!r}): remove the file."
        ) from error
    if theirs != proposed:
        raise UserError(
            f"{place} is of an evolution with other genes, another seed or another "
            "beginning: choose another --output."
        )
    archive.add(*theirs, measured)
