"""What is known of a program beside what a reasoner has read, as numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from eval.benchmarks.problem import Kind
from hrm_jax.search.candidate import REPAIR, Candidate
from hrm_jax.search.encoder import Readings

_KINDS = tuple(kind.value for kind in Kind)
_NUMBERS = 8
KNOWN = _NUMBERS + len(_KINDS)
"""G of one program by itself."""


def known(candidates: Sequence[Candidate], readings: Readings) -> np.ndarray:
    """float32 `[N KNOWN]`, about -3 to 3 each.

    Of the public tests: how many there are, which share was passed, whether all were,
    how many returned at all, and the kind of failure. Of the program: its length, its
    log-probability, in all and for a token, and whether it mends another one.
    """
    rows = np.zeros((len(candidates), KNOWN), np.float32)
    for row, one, log_prob, tokens in zip(
        rows, candidates, readings.log_probs, readings.tokens, strict=True
    ):
        tests = len(one.passed)
        row[:_NUMBERS] = (
            np.log1p(tests),
            one.share,
            all(one.passed),
            len(one.results) / tests if tests else 0.0,
            np.log1p(tokens) / 4,
            max(log_prob / 10, -3.0),
            max(log_prob / tokens * 3, -3.0),
            one.way == REPAIR,
        )
        row[_NUMBERS + _KINDS.index(one.kind)] = 1
    return rows


def with_tests(candidate: Candidate, count: int) -> Candidate:
    """As it would stand if only the first public tests were known."""
    if count >= len(candidate.passed):
        return candidate
    passed = candidate.passed[:count]
    kind = candidate.kind
    if not count:  # then nothing runs
        kind = kind if kind == Kind.MALFORMED else Kind.NOT_RUN.value
    elif len(candidate.results) >= count:
        kind = (Kind.PASSED if all(passed) else Kind.WRONG_ANSWER).value
    return dataclasses.replace(
        candidate, results=candidate.results[:count], passed=passed, kind=kind
    )
