"""What an answer is worth."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from data_pipeline.schema import UserError, require_at_least
from eval.benchmarks.problem import Kind
from eval.benchmarks.synthetic.verdict import Verdict

_LEAST_SPREAD = 1e-6


@dataclasses.dataclass(frozen=True)
class RewardConfig:
    """Weights of what a reward is the sum of.

    Attributes:
      passed: 1 where all hidden tests of the training task pass.
      share: the share of them that do.
      unreadable: -1 where nothing could be executed: no program, or none that compiles.
      kept: of a repair that passes, how much of the given program it left as it was.
      similarity: to the answer that is known to be right, -1 where there is no program;
        nothing of it is executed (SWE-RL, arXiv:2502.18449).
    """

    passed: float
    share: float
    unreadable: float
    kept: float
    similarity: float

    def __post_init__(self):
        names = [field.name for field in dataclasses.fields(self)]
        require_at_least("rewards", self, **dict.fromkeys(names, 0))
        if not any(getattr(self, name) for name in names):
            raise UserError(
                "All weights of rewards are 0: raise one, such as rewards.passed."
            )


def reward(verdict: Verdict, config: RewardConfig) -> float:
    """The weighted sum."""
    unreadable = verdict.kind in (Kind.MALFORMED, Kind.COMPILE_ERROR)
    return (
        config.passed * verdict.passed
        + config.share * verdict.share
        - config.unreadable * unreadable
        + config.kept * verdict.passed * verdict.kept
        + config.similarity * verdict.similarity
    )


def advantages(rewards: Sequence[float]) -> np.ndarray | None:
    """float32, (r - mean) / standard deviation over a group of answers to one task.

    None where all are alike: nothing can be learned from such a group. The same for
    GRPO (arXiv:2402.03300) and GSPO (arXiv:2507.18071).
    """
    values = np.array(rewards, np.float64)
    spread = values.std()
    if spread < _LEAST_SPREAD:
        return None
    return ((values - values.mean()) / spread).astype(np.float32)
