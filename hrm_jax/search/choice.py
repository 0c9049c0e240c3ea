"""Which of the candidates is the answer.

By public tests; among those that pass as many as any, by clusters of equal behaviour on
generated arguments, the largest first, as in AlphaCode (arXiv:2203.07814, section 4.5)
and CodeT (arXiv:2207.10397); then by a function that decides, which without another is
the log-probability.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from hrm_jax.search.candidate import Candidate, Decide, Finalist


def most_likely(candidates: Sequence[Candidate]) -> Candidate:
    """By the mean log-probability of a token; the first of several, or where all are
    unknown.

    Raises:
      ValueError: there are no candidates.
    """
    return max(candidates, key=_likely)


def best_by_tests(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Those that pass as many public tests as any; all where there are no tests.

    What is no program is among them only where nothing else is.
    """
    ranks = [(one.solved, one.reward) for one in candidates]
    best = max(ranks, default=None)
    return [one for one, rank in zip(candidates, ranks, strict=True) if rank == best]


def finalists(candidates: Sequence[Candidate]) -> list[Finalist]:
    """The best by tests, one of each program, the most common and likely ones first."""
    best = best_by_tests(candidates)
    groups: dict[str, list[Candidate]] = {}
    for candidate in best:
        groups.setdefault(candidate.key, []).append(candidate)
    found = [Finalist(most_likely(same), None, len(same)) for same in groups.values()]
    return sorted(found, key=lambda one: (-one.votes, -_likely(one.candidate)))


def to_probe(found: Sequence[Finalist], executions: int) -> list[Finalist]:
    """Those of the finalists that are worth a run on generated arguments.

    Args:
      executions: that are left.
    """
    programs = [one for one in found if one.candidate.source]
    return programs[: max(executions, 0)] if len(programs) > 1 else []


def clusters(found: Sequence[Finalist]) -> list[list[Finalist]]:
    """Finalists that behave alike, by votes; whoever was not probed, or returned
    nothing at all, is alone."""
    groups: dict[object, list[Finalist]] = {}
    for one in found:
        behaviour = one.probes or one.candidate.key
        groups.setdefault(behaviour, []).append(one)
    return sorted(groups.values(), key=_votes, reverse=True)


def final(
    language: str,
    prompt: str,
    found: Sequence[Finalist],
    decide: Decide | None = None,
) -> Candidate:
    """The answer among the finalists.

    Args:
      decide: between clusters of as many votes, and in a cluster; None for the mean
        log-probability of a token.

    Raises:
      ValueError: there are no finalists.
    """
    groups = clusters(found)
    most = [
        one for group in groups if _votes(group) == _votes(groups[0]) for one in group
    ]
    if decide is None or len(most) == 1:
        return most_likely([one.candidate for one in most])
    scores = list(decide(language, prompt, most))
    return most[scores.index(max(scores))].candidate


def _votes(group: Sequence[Finalist]) -> int:
    return sum(one.votes for one in group)


def _likely(candidate: Candidate) -> float:
    likely = candidate.mean_log_prob
    return likely if math.isfinite(likely) else -math.inf
