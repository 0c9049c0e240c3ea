"""Which implementation of an operation runs: the first that can.

Each platform has an order in which they are tried. An implementation is a function that
raises `NotImplementedError` with the reason for what it does not do; then the next is
tried. All this happens while a program is traced, so it costs nothing when the program
runs.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import jax

_PLATFORMS = {"cpu": "cpu", "tpu": "tpu", "gpu": "gpu", "cuda": "gpu", "rocm": "gpu"}
_picks: contextvars.ContextVar[list[Pick] | None] = contextvars.ContextVar(
    "picks", default=None
)


class Pick(NamedTuple):
    """Attributes:
    op: the operation.
    platform: that it was picked for.
    name: of the implementation.
    refused: those before it and why, as pairs.
    """

    op: str
    platform: str
    name: str
    refused: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        why = "".join(f"; not {name}: {reason}" for name, reason in self.refused)
        return f"{self.op} on {self.platform}: {self.name}{why}"


def target() -> str:
    """What the program being traced will run on: "cpu", "gpu" or "tpu".

    That is JAX's default backend, or the described device of
    `jax.sharding.use_abstract_mesh`, by which programs are made for absent hardware.
    """
    device = jax.sharding.get_abstract_mesh().abstract_device
    platform = jax.default_backend() if device is None else device.platform
    return _PLATFORMS[platform]


@contextlib.contextmanager
def recorded() -> Iterator[list[Pick]]:
    """Collects the picks of the programs that are traced inside."""
    picks: list[Pick] = []
    token = _picks.set(picks)
    try:
        yield picks
    finally:
        _picks.reset(token)


def run(
    op: str,
    implementations: Mapping[str, Callable[..., Any]],
    orders: Mapping[str, Sequence[str]],
    implementation: str | None,
    *args: Any,
    **kwargs: Any,
) -> Any:
    """Calls the first implementation that can.

    The choice is told to the logger "kernels", once each, and to `recorded`.

    Args:
      orders: for each platform, the names of what is tried.
      implementation: the only one to try instead; or None.

    Raises:
      ValueError: `implementation` is the name of none.
      NotImplementedError: none can; the message has the reason of each.
    """
    if implementation is not None and implementation not in implementations:
        raise ValueError(
            f"{op} has no implementation {implementation!r}; it has "
            f"{', '.join(implementations)}."
        )
    platform = target()
    order = orders[platform] if implementation is None else (implementation,)
    refused: list[tuple[str, str]] = []
    for name in order:
        try:
            result = implementations[name](*args, **kwargs)
        except NotImplementedError as reason:
            refused.append((name, str(reason)))
            continue
        pick = Pick(op, platform, name, tuple(refused))
        _log(pick)
        picks = _picks.get()
        if picks is not None:
            picks.append(pick)
        return result
    reasons = "; ".join(f"{name}: {reason}" for name, reason in refused)
    raise NotImplementedError(f"no implementation of {op} on {platform} ({reasons})")


@functools.cache
def _log(pick: Pick) -> None:
    logging.getLogger("kernels").info("%s", pick)
