"""Quantisation-aware training (arXiv:1712.05877): each step sees the matrices as an
export would round them.

In every step the matrices of the blocks, `hrm_jax.models.matrices`, are seen as whole
numbers times a scale, those of `export --rounding=nearest` in the same blocks of rows:

    seen(w) = s round(w / s),    s = max |w| / 7 in 4 bits, / 127 in 8

and the gradient by what is seen moves w itself (the straight-through estimator,
arXiv:1308.3432): no weight lies outside of a range that its own block spans, so that
nothing is cut off. Heads, embeddings, norms, states and puzzle vectors stay floats.

Qwix rounds. By itself it takes max |w| for half a number more, 7.5 or 127.5, and cuts;
told to stretch the range by as much, it has our numbers, and our scales but for the
last bit or two of a float. What is seen then lies on its own grid, and whoever rounds
it to the nearest, `quantized_matmul.quantize`, finds every number again.

Its provider, which exchanges the products of a whole model, is of no use here. It does
not know the parts of fused matrices (`hrm_jax.models.tensor_parallel`) and leaves them
as they are, without a word; the gradient of the activations would go by weights that
the forward pass never saw, since our product has a derivative of its own; and it would
round at every call instead of once a step.
"""

from __future__ import annotations

import dataclasses
import functools

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from data_pipeline.schema import require_one_of
from hrm_jax.models import matrices
from hrm_jax.types import Variables
from kernels.quantized_matmul import formats

_BITS = (0, 4, 8)


@dataclasses.dataclass(frozen=True)
class QuantizationConfig:
    """Attributes:
    bits: that the model's matrices are seen in, 4 or 8; 0 leaves them floats.
    block: rows that share a scale, of 4 bits; less where it does not divide them, and
      where no block does, 8 bits instead.
    """

    bits: int
    block: int

    def __post_init__(self):
        require_one_of("quantization", self, bits=_BITS, block=formats.BLOCKS)


def seen(config: QuantizationConfig, variables: Variables) -> Variables:
    """The variables as the forward pass has them; of 0 bits, these themselves.

    Training differentiates with respect to the result and applies the gradient to
    `variables`.
    """
    return _all_seen(config, variables) if config.bits else variables


@functools.partial(jax.jit, static_argnums=0)
def _all_seen(config: QuantizationConfig, variables: Variables) -> Variables:
    whole = {
        name: _seen(matrix, *formats.format_of(len(matrix), config.bits, config.block))
        for name, matrix in matrices.of(variables.params).items()
    }
    return matrices.replaced(variables, whole)


def _seen(w: Float[Array, "K F"], bits: int, block: int | None) -> Float[Array, "K F"]:
    import qwix  # takes half a second, which most runs need not wait

    largest = formats.LARGEST[bits]
    whole = qwix.quantize(
        w,
        {4: jnp.int4, 8: jnp.int8}[bits],
        channelwise_axes=(1,),
        tiled_axes={0: block} if block else {},
        calibration_method=f"absmax,{(largest + 0.5) / largest}",
    )
    return qwix.dequantize(whole)
