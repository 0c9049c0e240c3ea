"""What this machine can do at most, measured: products of matrices, and copying.

Both are probes that run in turn with what is timed, so that a busy machine slows the
measure and the measured alike. The products are our own, through XLA, at whatever
precision it takes by default (float32 is TF32 on an NVIDIA GPU), as in the model.
"""

from __future__ import annotations

import functools
import time
from typing import NamedTuple

import jax
import jax.numpy as jnp

from bench.timing import Run
from kernels.matmul import matmul

_TRIES = 3


class Probe(NamedTuple):
    """Attributes:
    run: the work.
    amount: of operations, or of bytes, that one run takes.
    title: what it is.
    """

    run: Run
    amount: float
    title: str


def on_cpu() -> bool:
    return jax.default_backend() == "cpu"


@functools.cache
def matrix(dtype: str) -> Probe:
    """The product of square matrices of the size that is fastest here."""
    sizes = (1024, 2048) if on_cpu() else (4096, 8192, 16384)
    probes = [_matrix(dtype, size) for size in sizes]
    return max(probes, key=lambda probe: probe.amount / _best_seconds(probe.run))


def _matrix(dtype: str, size: int) -> Probe:
    keys = jax.random.split(jax.random.key(0))
    a, b = (jax.random.normal(key, (size, size)).astype(dtype) for key in keys)
    product = jax.jit(matmul)
    title = f"product of two {size} x {size} in {dtype}"
    return Probe(Run(lambda: product(a, b)), 2.0 * size**3, title)


@functools.cache
def memory() -> Probe:
    """a + 3 b, of arrays that no cache holds: two are read, one is written."""
    mebibytes = 64 if on_cpu() else 1024
    a = jnp.ones(mebibytes * 2**20 // 4, jnp.float32)
    triad = jax.jit(lambda a, b: a + 3.0 * b)
    b = triad(a, a)
    title = f"a + 3 b of {mebibytes} MiB each"
    return Probe(Run(lambda: triad(a, b)), 3.0 * a.nbytes, title)


def _best_seconds(run: Run) -> float:
    run.wait(run.start())
    taken = []
    for _ in range(_TRIES):
        begin = time.perf_counter()
        run.wait(run.start())
        taken.append(time.perf_counter() - begin)
    return min(taken)
