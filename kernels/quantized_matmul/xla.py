"""`quantized_matmul` as XLA does it best: dequantise, then one product.

On a CPU with one, 16 and 656 rows, in float32 and bfloat16, this took as long as the
product of plain weights, but for one row of float32 (about twice). Two products of even
and odd rows took as long or longer, a product per block with its scale on the result
1.5 to 10 times, and a scale per column on the result up to 5 times in bfloat16.
"""

import jax
import jax.numpy as jnp
from jax import lax

from kernels.matmul import matmul as plain_matmul
from kernels.quantized_matmul.formats import Quantized, dequantize


def matmul(x: jax.Array, w: Quantized) -> jax.Array:
    """`x [M K] @ w`, the weights rounded to `x`'s dtype, the sum in float32."""
    return plain_matmul(x, dequantize(w, x.dtype))


def transposed(dout: jax.Array, w: Quantized) -> jax.Array:
    """`dout [M F] @ w^T`: the gradient of `x`, from the weights that `x` met."""
    contract = (((1,), (1,)), ((), ()))
    product = lax.dot_general(
        dout, dequantize(w, dout.dtype), contract, preferred_element_type=jnp.float32
    )
    return product.astype(dout.dtype)
