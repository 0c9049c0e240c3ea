"""How large the benchmarks are: as published on an accelerator, less on a CPU."""

from __future__ import annotations

from typing import NamedTuple

from bench import peak


class Setting(NamedTuple):
    """Attributes:
    dtype: of activations and products.
    batch: examples of a training step and of a segment.
    rounds: that everything is timed.
    quick: whether a minute must do: small sizes, no compile times.
    """

    dtype: str
    batch: int
    rounds: int
    quick: bool

    @classmethod
    def here(
        cls, quick: bool, batch: int | None, rounds: int | None, dtype: str | None
    ) -> Setting:
        """For JAX's default device; what is given goes before.

        A CPU takes float32: few have a fast path for bfloat16.
        """
        small = 2 if peak.on_cpu() else 64
        full = 32 if peak.on_cpu() else 768
        return cls(
            dtype=dtype or ("float32" if peak.on_cpu() else "bfloat16"),
            batch=batch or (small if quick else full),
            rounds=rounds or (2 if quick else 5),
            quick=quick,
        )
