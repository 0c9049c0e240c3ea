"""What a run has to say for itself, on standard error."""

from __future__ import annotations

import sys

from hrm_jax.run import Run


def tell_complaints(run: Run) -> None:
    """Prints what is amiss with its checkpoints; reads its weights for that."""
    for complaint in run.complaints:
        print(complaint, file=sys.stderr, flush=True)
