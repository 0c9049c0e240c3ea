"""Scaled dot-product attention, and its decoding variant.

`attention` serves training and prefill, `decode` one new token against a cache. Both
pick an implementation by platform, shape and mask (`kernels.dispatch`):

| name       | what it is                                           | picked on        |
| ---------- | ---------------------------------------------------- | ---------------- |
| reference  | plain jnp, float32 at the highest precision          | nothing          |
| host       | jnp, ordered for a CPU; sums in float32              | CPU              |
| xla        | `jax.nn.dot_product_attention`; does everything      | last             |
| cudnn      | the same, by cuDNN; 16 bits, bidirectional or causal | GPU              |
| pallas_gpu | our kernel through Triton; no dense mask             | GPU, other masks |
| pallas_tpu | our kernel through Mosaic; no dense mask             | TPU, long rows   |
"""

from __future__ import annotations

from collections.abc import Callable

import jax
from jaxtyping import Array, Bool, Float, Int

from kernels import dispatch
from kernels.attention import host, library, pallas, reference
from kernels.attention.decoding import decode
from kernels.attention.gating import gated
from kernels.attention.masks import Mask
from kernels.attention.partition import on_each_device

__all__ = ["IMPLEMENTATIONS", "attention", "decode"]

_TPU_SHORTEST = 256
"""Below, a score table is as small as the values, and XLA works on many rows at once
where our kernel would start a program for each row and head."""

IMPLEMENTATIONS: dict[str, Callable[..., jax.Array]] = {
    "reference": reference.attention,
    "host": host.attention,
    "xla": library.xla,
    "cudnn": library.cudnn,
    "pallas_gpu": pallas.positions_first(pallas.gpu),
    "pallas_tpu": pallas.positions_first(pallas.tpu),
}
_OURS = ("pallas_gpu", "pallas_tpu")


def attention(
    q: Float[Array, "B T N K"],
    k: Float[Array, "B S M K"],
    v: Float[Array, "B S M K"],
    *,
    causal: bool = False,
    prompt: Bool[Array, "B S"] | None = None,
    segment_ids: Int[Array, "B T"] | None = None,
    mask: Bool[Array, "N T S"] | None = None,
    gate: Float[Array, "B T N K"] | None = None,
    partition: tuple[tuple[str, ...], str] | None = None,
    implementation: str | None = None,
) -> Float[Array, "B T N K"]:
    """softmax(q k^T / sqrt(K)) v, of the keys that each query sees, and its gate.

    Without a mask it is bidirectional. Each part of a mask that is given takes
    something away:

    - `causal`: no query sees a later key;
    - `prompt`: with `causal`, these positions are seen by all the same (prefix-LM);
    - `segment_ids`: of several examples packed into a row, counted from 1, each sees
      itself alone; 0 is padding, which sees nothing and is seen by none;
    - `mask`: any other rule, for each head.

    Scores, softmax and sums are float32, in whatever dtype the arguments are. A query
    that sees nothing gets zeros, and so do its gradients.

    Args:
      q: queries.
      k, v: keys and values; each of their M heads serves N / M heads of queries.
      gate: logits of a gate on the result (`gating.py`).
      partition: axes of the mesh of `jax.set_mesh` by which rows and heads are shared
        out among devices, for our kernels; XLA finds out by itself.
      implementation: a name of the table above, which is then the only one tried.

    Raises:
      ValueError: the shapes do not fit each other, or the arguments.
      NotImplementedError: the implementation that was asked for cannot do it.
    """
    _check(q, k, v, causal, prompt, segment_ids, mask)
    allowed = Mask(causal, prompt, segment_ids, segment_ids, mask)
    long = q.shape[1] >= _TPU_SHORTEST
    orders = {
        "cpu": ("host",),
        "gpu": ("cudnn", "pallas_gpu", "xla"),
        "tpu": ("pallas_tpu", "xla") if long else ("xla",),
    }
    implementations = IMPLEMENTATIONS
    if partition is not None:
        implementations = implementations | {
            name: on_each_device(implementations[name], *partition) for name in _OURS
        }
    out = dispatch.run(
        "attention", implementations, orders, implementation, q, k, v, allowed
    )
    return gated(out, gate)


def _check(q, k, v, causal, prompt, segment_ids, mask) -> None:
    batch, queries, heads, width = q.shape
    keys = k.shape[1]
    if k.shape != v.shape or k.shape[0] != batch or k.shape[3] != width:
        raise ValueError(f"q {q.shape}, k {k.shape} and v {v.shape} do not fit.")
    if heads % k.shape[2]:
        raise ValueError(f"{heads} query heads are no multiple of {k.shape[2]} heads.")
    if (causal or segment_ids is not None) and queries != keys:
        raise ValueError(
            "causal and segment_ids need queries and keys of one length, not "
            f"{queries} and {keys}."
        )
    if prompt is not None and not causal:
        raise ValueError("prompt is an exception to causal, which is not set.")
    for name, given, shape in (
        ("prompt", prompt, (batch, keys)),
        ("segment_ids", segment_ids, (batch, queries)),
        ("mask", mask, (heads, queries, keys)),
    ):
        if given is not None and given.shape != shape:
            raise ValueError(f"{name} is {given.shape}, but it must be {shape}.")
