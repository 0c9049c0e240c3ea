"""The parts of a block: norm, linear map, SwiGLU, attention."""

from __future__ import annotations

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from hrm_jax.models import tensor_parallel
from hrm_jax.models.sight import Attend
from kernels.matmul import matmul
from kernels.quantized_matmul import Quantized, quantized_matmul

# Standard deviation of a standard normal cut at +-2: what a truncated draw is divided
# by, so that the std asked for is the std one gets.
_TRUNCATED_STD = 0.87962566103423978

_lecun = nn.initializers.lecun_normal()  # truncated, std corrected


def truncated_normal(std: float) -> nn.initializers.Initializer:
    """Normal of standard deviation `std` *after* truncation at two sigma."""
    return nn.initializers.truncated_normal(std / _TRUNCATED_STD)


def rms_norm(x: Float[Array, "... D"], eps: float) -> Float[Array, "... D"]:
    """x / sqrt(mean(x^2) + eps), in float32, without a weight (arXiv:1910.07467)."""
    x32 = x.astype(jnp.float32)
    scale = jax.lax.rsqrt(jnp.mean(jnp.square(x32), axis=-1, keepdims=True) + eps)
    return (x32 * scale).astype(x.dtype)


def product(
    x: Float[Array, "*B K"], w: Float[Array, "K F"] | Quantized
) -> Float[Array, "*B F"]:
    """`x @ w` in `x`'s dtype, of weights that are floats or are read as stored."""
    if not isinstance(w, Quantized):
        return matmul(x, w)
    # Our kernels of this product do not say how devices would share it; XLA knows.
    shared = jax.sharding.get_abstract_mesh().size > 1
    return quantized_matmul(x, w, implementation="xla" if shared else None)


def _kernel(
    module: nn.Module,
    shape: tuple[int, int],
    init: nn.initializers.Initializer = _lecun,
) -> Array | Quantized:
    """The matrix of a module: its parameter, or what a quantised model has there."""
    stored = module.get_variable("params", "kernel")
    if not isinstance(stored, Quantized):
        return module.param("kernel", init, shape, jnp.float32)
    if stored.shape != shape:
        raise ValueError(f"{module.path} has weights {stored.shape}, not {shape}.")
    return stored


class Linear(nn.Module):
    """A linear map without bias, in its input's dtype.

    Attributes:
      init: of the matrix; std 1/sqrt(fan in) (LeCun) without it.
    """

    features: int
    init: nn.initializers.Initializer = _lecun

    @nn.compact
    def __call__(self, x: Float[Array, "... K"]) -> Float[Array, "... F"]:
        return product(x, _kernel(self, (x.shape[-1], self.features), self.init))


class Linears(nn.Module):
    """Several linear maps, whose matrices stand side by side in one parameter.

    They are cut apart before the products: results cut apart afterwards would be put
    together again for the derivative, at the size of activations.
    """

    features: int
    count: int

    @nn.compact
    def __call__(self, x: Float[Array, "... K"]) -> tuple[Float[Array, "... F"], ...]:
        kernel = _kernel(self, (x.shape[-1], self.count * self.features))
        return tuple(
            product(x, part) for part in tensor_parallel.parts(kernel, self.count)
        )


class ShortConvolution(nn.Module):
    """y[t] = bias + sum_j taps[j] * x[t - window // 2 + j], each channel by itself.

    Over the positions in their order, zeros beyond both ends; 2 taps see the position
    before. As taps that add shifted copies, which XLA fuses; its own grouped
    convolution is slow on a CPU.
    """

    window: int

    @nn.compact
    def __call__(self, x: Float[Array, "B T F"]) -> Float[Array, "B T F"]:
        length, width = x.shape[1:]
        # Keeps the variance: fan in is window.
        taps = self.param("taps", _lecun, (self.window, width), jnp.float32)
        bias = self.param("bias", nn.initializers.zeros, (width,), jnp.float32)
        before = self.window // 2
        padded = jnp.pad(x, ((0, 0), (before, self.window - 1 - before), (0, 0)))
        y = jnp.broadcast_to(bias.astype(x.dtype), x.shape)
        for j, tap in enumerate(taps.astype(x.dtype)):
            y = y + padded[:, j : j + length] * tap[None, None]
        return y


class SwiGLU(nn.Module):
    """down(silu(gate x) * up x) (arXiv:2002.05202).

    With `conv_width`, URM's (arXiv:2512.14693): down(silu(conv(silu(gate x) * up x))),
    the convolution running over the positions, the last axis but one.
    """

    inner_width: int
    conv_width: int = 0

    @nn.compact
    def __call__(self, x: Float[Array, "... K"]) -> Float[Array, "... K"]:
        gate, up = Linears(self.inner_width, 2, name="gate_up")(x)
        inner = nn.silu(gate) * up
        if self.conv_width:
            inner = nn.silu(ShortConvolution(self.conv_width, name="conv")(inner))
        return Linear(x.shape[-1], name="down")(inner)


class Attention(nn.Module):
    """Multi-head self-attention, with one fused projection.

    Attributes:
      gated: each channel of the result is multiplied by the sigmoid of a fourth
        projection (arXiv:2505.06708).
    """

    num_heads: int
    gated: bool = False

    @nn.compact
    def __call__(
        self, x: Float[Array, "B T D"], attend: Attend
    ) -> Float[Array, "B T D"]:
        *rows, width = x.shape
        heads = (*rows, self.num_heads, width // self.num_heads)
        if self.gated:
            gate, q, k, v = Linears(width, 4, name="gate_qkv")(x)
            gate = gate.reshape(heads)
        else:
            (q, k, v), gate = Linears(width, 3, name="qkv")(x), None
        mixed = attend(q.reshape(heads), k.reshape(heads), v.reshape(heads), gate)
        return Linear(width, name="output")(mixed.reshape(x.shape))
