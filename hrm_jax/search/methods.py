"""Ways to an answer under one budget: baselines and searches, and what each costs.

All that draw freely have the same fresh candidates, as far as they take them: sample i
of a problem and a seed is the same for all. What a method would have answered
with a smaller budget is known from the first candidates alone, for a search never looks
at what is left.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from data_pipeline.schema import UserError
from eval.benchmarks.challenge import Challenge
from hrm_jax.search import choice, selection
from hrm_jax.search.candidate import Candidate, Decide, Finalist, executions
from hrm_jax.search.journal import Ran
from hrm_jax.search.search import Search

FIRST, LIKELY, TESTS, CLUSTERS = "first", "likely", "tests", "clusters"
DEBATE = "debate"


class Method(NamedTuple):
    """A way to an answer under a budget.

    Attributes:
      about: for people.
      rule: of `selection.RULES`, that its candidates are made by.
      final: how it answers: by the first candidate, by log-probability, by public tests
        and then log-probability; or by public tests, clusters, and log-probability or a
        `DEBATE`.
    """

    about: str
    rule: str
    final: str


METHODS = {
    "greedy": Method("one greedy answer", selection.FLAT, FIRST),
    "log_prob": Method("best of n by log-probability", selection.FLAT, LIKELY),
    "public": Method("best of n by public tests", selection.FLAT, TESTS),
    "clusters": Method(
        "best of n by public tests, then clusters", selection.FLAT, CLUSTERS
    ),
    "signature": Method(
        "best of n of the given signature, by public tests, then clusters",
        selection.SIGNATURE,
        CLUSTERS,
    ),
    "distinct": Method(
        "n different answers of the given signature, by public tests, then clusters",
        selection.DISTINCT,
        CLUSTERS,
    ),
    "debate": Method(
        "best of n by public tests, then clusters, then a debate",
        selection.FLAT,
        DEBATE,
    ),
    "ucb": Method("tree search, UCB1", selection.UCB, CLUSTERS),
    "puct": Method("tree search, PUCT", selection.PUCT, CLUSTERS),
    "ucb_distinct": Method(
        "tree search, UCB1, different answers of the given signature to each prompt",
        selection.UCB_DISTINCT,
        CLUSTERS,
    ),
    "ucb_debate": Method("tree search, UCB1, and a debate", selection.UCB, DEBATE),
}
_CLUSTERED = (CLUSTERS, DEBATE)
NO_JUDGES = (
    "A value head and a debate need judges: fit some to the run with `python main.py "
    "judges --workdir=...`."
)
_NOT_BY_A_SERVER = (
    "Answers that all differ, or begin as they are told, are chosen token by token, "
    "which a server does not offer: search with a run by --workdir=..., or take other "
    "--methods."
)
BASELINE = "public"
"""What the others are compared with."""
CLUSTERED_BASELINE = "clusters"
"""What those that choose among clusters are compared with as well."""
SIGNED_BASELINE = "signature"
"""And those that are given the signature."""


def named(names: Sequence[str]) -> dict[str, Method]:
    """Methods by their names, what they are compared with among them.

    Raises:
      UserError: there is none of a name.
    """
    for name in names:
        if name not in METHODS:
            raise UserError(
                f"There is no method {name!r}: take {', '.join(METHODS)}, or some of "
                "them with commas between."
            )
    wanted = {*names, BASELINE} if names else set(METHODS)
    if any(METHODS[name].final in _CLUSTERED for name in names):
        wanted.add(CLUSTERED_BASELINE)
    if any(METHODS[name].rule in selection.OF_SIGNATURE for name in names):
        wanted.add(SIGNED_BASELINE)
    return {name: method for name, method in METHODS.items() if name in wanted}


def usable(found: dict[str, Method], judged: bool, ours: bool) -> dict[str, Method]:
    """The methods that can be used.

    Args:
      judged: there are judges.
      ours: the network is a run, which can be held to something token by token.

    Raises:
      UserError: only some are asked for, and one of them cannot be used.
    """
    missing = {
        name: NO_JUDGES if method.final == DEBATE else _NOT_BY_A_SERVER
        for name, method in found.items()
        if (method.final == DEBATE and not judged)
        or (method.rule in selection.OF_SIGNATURE and not ours)
    }
    if missing and len(found) < len(METHODS):
        raise UserError(next(iter(missing.values())))
    return {name: method for name, method in found.items() if name not in missing}


def name_of(rule: str, final: str) -> str | None:
    """The method that makes candidates and answers so; None if there is none."""
    wanted = rule, final
    return next((n for n, one in METHODS.items() if one[1:] == wanted), None)


def debated(found: Mapping[str, Method]) -> bool:
    """Does one of them ask judges?"""
    return any(method.final == DEBATE for method in found.values())


def comparisons(found: Collection[str]) -> dict[str, set[str]]:
    """Those to be compared with other baselines than `BASELINE`, by baseline, which is
    among them; without those baselines that are not there, or alone."""
    clustered = {name for name in found if METHODS[name].final in _CLUSTERED}
    signed = {name for name in found if METHODS[name].rule in selection.OF_SIGNATURE}
    groups = {CLUSTERED_BASELINE: clustered, SIGNED_BASELINE: signed}
    return {
        base: some for base, some in groups.items() if base in some and some > {base}
    }


class Cost(NamedTuple):
    """What an answer took.

    Attributes:
      tokens, read: that the network wrote, and those of the prompts that it read.
    """

    samples: int
    executions: int
    tokens: int
    read: int


@dataclasses.dataclass(frozen=True)
class Attempt:
    """What a method knows under a budget before it answers.

    Attributes:
      candidates: that it made.
      finalists: without probes; empty for methods that need none.
      probed: those of them that it may run on generated arguments.
    """

    method: Method
    candidates: Sequence[Candidate]
    finalists: Sequence[Finalist]
    probed: Sequence[Finalist]

    @property
    def cost(self) -> Cost:
        runs = 0
        if self.method.final in (TESTS, *_CLUSTERED):
            runs = executions(self.candidates) + len(self.probed)
        tokens = sum(candidate.tokens for candidate in self.candidates)
        read = sum(candidate.read for candidate in self.candidates)
        return Cost(len(self.candidates), runs, tokens, read)

    def answer(
        self,
        challenge: Challenge,
        probes: Mapping[Ran, tuple[str, ...]],
        decide: Decide | None = None,
    ) -> Candidate:
        """The candidate that is the answer to a challenge.

        Args:
          probes: results of those that are `probed`, among others.
        """
        if self.method.final == FIRST:
            return self.candidates[0]
        if self.method.final == LIKELY:
            return choice.most_likely(self.candidates)
        if self.method.final == TESTS:
            return choice.most_likely(choice.best_by_tests(self.candidates))
        asked = {one.candidate.key for one in self.probed}
        found = [
            one._replace(probes=probes[Ran(challenge.id, one.candidate.key)])
            if one.candidate.key in asked
            else one
            for one in self.finalists
        ]
        decides = decide if self.method.final == DEBATE else None
        return choice.final(challenge.language, challenge.prompt, found, decides)


def attempt(method: Method, search: Search, samples: int) -> Attempt:
    """What a method has with a budget of so many samples and as many executions.

    Args:
      search: by the method's rule, of that many samples at least.
    """
    candidates = search.tree.candidates[: 1 if method.final == FIRST else samples]
    if method.final not in _CLUSTERED:
        return Attempt(method, candidates, (), ())
    found = choice.finalists(candidates)
    left = samples - executions(candidates)
    return Attempt(method, candidates, found, choice.to_probe(found, left))
