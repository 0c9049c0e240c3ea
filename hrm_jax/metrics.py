"""From a step's sums to the numbers that people read."""

from __future__ import annotations

import math

from hrm_jax.rl.objectives import PolicySums
from hrm_jax.train_step import StepMetrics

_SUMS = tuple(n for n in StepMetrics._fields if n not in ("waiting", "policy"))
_POLICY_SUMS = PolicySums._fields
_COUNT_OF = {
    "answer_loss": "slots",
    "halt_loss": "slots",
    "continue_loss": "slots",
    "exact": "finished",
    "token_accuracy": "finished",
    "halt_correct": "finished",
    "segments": "finished",
    "grad_norm": "steps",
    "clipped": "answers",
    "kl_behaviour": "answers",
    "kl_reference": "answers",
}
"""What each sum is divided by."""
_AVERAGE_OF = {
    "exact": "exact_match",
    "halt_correct": "halt_accuracy",
    "segments": "mean_segments",
}
"""Names of averages, where they differ from the sums'."""


class Window:
    """Sums over the steps since the last report."""

    def __init__(self, sums: dict[str, float] | None = None):
        """Args:
        sums: of an interrupted window, from `sums` below.
        """
        names = (*_SUMS, *_POLICY_SUMS)
        self._sums = {"steps": 0.0, **dict.fromkeys(names, 0.0), **(sums or {})}

    @property
    def sums(self) -> dict[str, float]:
        return dict(self._sums)

    def add(self, metrics: StepMetrics) -> None:
        """Adds one step; `metrics` are on the host."""
        self._sums["steps"] += 1
        for name in _SUMS:
            self._sums[name] += float(getattr(metrics, name))
        if metrics.policy is not None:
            for name in _POLICY_SUMS:
                self._sums[name] += float(getattr(metrics.policy, name))

    def averages(self) -> dict[str, float]:
        """Per example, per finished example or per step; nothing that had no count."""
        sums = self._sums
        averages = {
            _AVERAGE_OF.get(name, name): sums[name] / sums[count]
            for name, count in _COUNT_OF.items()
            if sums[count]
        }
        averages["finished"] = sums["finished"]
        return averages


def is_finite(metrics: StepMetrics) -> bool:
    """False when the step's losses or gradients are not numbers any more."""
    total = metrics.answer_loss + metrics.halt_loss + metrics.continue_loss
    return math.isfinite(float(total)) and math.isfinite(float(metrics.grad_norm))
