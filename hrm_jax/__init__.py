"""Hierarchical reasoning models in JAX.

    import hrm_jax

    run = hrm_jax.load("runs/demo")
    run.solve(["53..7...."])

What is offered here is imported when it is first asked for: JAX takes seconds.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOMES = {
    "Run": "hrm_jax.run",
    "Solution": "hrm_jax.run",
    "load": "hrm_jax.run",
    "init_variables": "hrm_jax.models.reasoner",
    "initial_latents": "hrm_jax.models.reasoner",
    "run_segment": "hrm_jax.models.reasoner",
    "model_config": "hrm_jax.experiment",
}

__all__ = sorted(_HOMES)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*globals(), *_HOMES]
