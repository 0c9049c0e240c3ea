"""`attention` by JAX's own function: XLA's on every platform, cuDNN's on NVIDIA."""

import jax
import jax.numpy as jnp

from kernels.attention.masks import Mask, visible


def xla(q: jax.Array, k: jax.Array, v: jax.Array, mask: Mask) -> jax.Array:
    """Does everything; writes the scores, all of them, to memory."""
    table = visible(mask, q.shape[1], k.shape[1])
    # The library promotes bfloat16 scores to float32 by itself, on purpose.
    with jax.numpy_dtype_promotion("standard"):
        mixed = jax.nn.dot_product_attention(
            q,
            k,
            v,
            mask=table if mask.causal or not mask.is_simple else None,
            implementation="xla",
        )
    if mask.key_segment_ids is None and mask.dense is None:
        return mixed  # each row sees something: the first key, at least
    sees = jnp.swapaxes(table.any(axis=-1, keepdims=True), 1, 2)
    return jnp.where(sees, mixed, jnp.zeros((), mixed.dtype))


def cudnn(q: jax.Array, k: jax.Array, v: jax.Array, mask: Mask) -> jax.Array:
    """FlashAttention by cuDNN: 16 bits, bidirectional or causal.

    Raises:
      NotImplementedError: cuDNN is not there, or does not do this. With a mask it would
        have to be written out as a bias, which is no faster than XLA.
    """
    if not mask.is_simple:
        raise NotImplementedError("cuDNN takes no prompt, segment_ids or dense mask")
    if q.dtype not in (jnp.bfloat16, jnp.float16):
        raise NotImplementedError(f"cuDNN does not compute in {q.dtype}")
    if q.shape[-1] % 8 or q.shape[-1] > 128:
        raise NotImplementedError(f"cuDNN has no head width {q.shape[-1]}")
    try:
        return jax.nn.dot_product_attention(
            q, k, v, is_causal=mask.causal, implementation="cudnn"
        )
    except RuntimeError as error:
        raise NotImplementedError(str(error)) from error
