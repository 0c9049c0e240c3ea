"""Finalists of problems as a debate sees them: who they are, who behaves as whom."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hrm_jax.models.judges import AGREEMENTS, Finalists
from hrm_jax.search import features
from hrm_jax.search.candidate import Finalist
from hrm_jax.search.encoder import Readings

BEHAVIOURS = 5
"""Features of a finalist among the others: its share of the votes, that of all who
return the same on every probe, whether no group has more, mean agreement with the
votes, and how far its log-probability is below the largest."""
KNOWN = features.KNOWN + BEHAVIOURS
"""G of a finalist."""


def agreement(finalists: Sequence[Finalist]) -> np.ndarray:
    """float32 `[F F AGREEMENTS]`: the share of probes on which two return the same, and
    whether they do on all. A finalist that was not probed, or returned nothing, agrees
    only with itself; a missing result agrees with none."""
    count = max((len(one.probes or ()) for one in finalists), default=0)
    numbers: dict[str, int] = {}
    table = np.full((len(finalists), count), -1)
    for row, one in zip(table, finalists, strict=True):
        results = one.probes or ()
        row[: len(results)] = [numbers.setdefault(r, len(numbers)) for r in results]
    same = (table[:, None] == table[None]) & (table[:, None] >= 0)
    part = same.sum(-1) / max(count, 1)
    ends = [one.probes for one in finalists]
    alike = [[bool(a) and a == b for b in ends] for a in ends]
    found = np.stack([part, np.array(alike)], -1).astype(np.float32)
    found[np.arange(len(finalists)), np.arange(len(finalists))] = 1
    return found


def behaviour(finalists: Sequence[Finalist], log_probs: np.ndarray) -> np.ndarray:
    """float32 `[F BEHAVIOURS]`, see there.

    Args:
      log_probs: `[F]`, of each finalist's program.
    """
    votes = np.array([one.votes for one in finalists])
    votes = votes / votes.sum()
    part, alike = np.moveaxis(agreement(finalists), -1, 0)
    groups = alike @ votes
    columns = (
        votes,
        groups,
        groups >= groups.max() - 1e-6,
        part @ votes,
        np.maximum((log_probs - log_probs.max()) / 5, -3.0),
    )
    return np.stack(columns, -1).astype(np.float32)


def padded(
    problems: Sequence[tuple[Sequence[Finalist], Readings]], most: int
) -> Finalists:
    """Finalists of several problems with what a reasoner has read of each, padded.

    Args:
      most: F.
    """
    size = problems[0][1].encodings.shape[1]
    rows = len(problems)
    encodings = np.zeros((rows, most, size), np.float32)
    facts = np.zeros((rows, most, KNOWN), np.float32)
    agreeing = np.zeros((rows, most, most, AGREEMENTS), np.float32)
    present = np.zeros((rows, most), bool)
    for row, (some, readings) in enumerate(problems):
        count = len(some)
        alone = features.known([one.candidate for one in some], readings)
        among = behaviour(some, readings.log_probs)
        encodings[row, :count] = readings.encodings
        facts[row, :count] = np.concatenate([alone, among], -1)
        agreeing[row, :count, :count] = agreement(some)
        present[row, :count] = True
    return Finalists(encodings, facts, agreeing, present)
