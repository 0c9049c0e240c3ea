"""A module applied again and again to what it gave."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import flax.linen as nn

from hrm_jax.types import Latents

_Module = TypeVar("_Module", bound=nn.Module)


def repeat(
    update: Callable[[_Module, Latents], Latents],
    module: _Module,
    latents: Latents,
    times: int,
) -> Latents:
    """Applies `update` `times` times, as one compiled loop where it pays."""
    if times == 0:
        return latents
    if times == 1:
        return update(module, latents)
    scan = nn.scan(
        lambda module, latents, _: (update(module, latents), None),
        variable_broadcast=("params", "constants"),
        split_rngs={"params": False},
        length=times,
    )
    return scan(module, latents, None)[0]
