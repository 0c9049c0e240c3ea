"""A method of a module applied again and again to the latents that it gave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flax.linen as nn

from hrm_jax.types import Latents


def unrolled(
    update: Callable[..., Latents],
    times: int,
    module: nn.Module,
    latents: Latents,
    *args: Any,
) -> Latents:
    """Applies `update(module, latents, *args)` so often, each call written out."""
    for _ in range(times):
        latents = update(module, latents, *args)
    return latents


def repeat(
    update: Callable[..., Latents],
    times: int,
    module: nn.Module,
    latents: Latents,
    *args: Any,
) -> Latents:
    """`unrolled`, but as one compiled loop where it pays."""
    if times < 2:
        return unrolled(update, times, module, latents, *args)
    scan = nn.scan(
        lambda module, latents, _: (update(module, latents, *args), None),
        variable_broadcast=("params", "constants"),
        split_rngs={"params": False},
        length=times,
    )
    return scan(module, latents, None)[0]
