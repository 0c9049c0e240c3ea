"""The parts of a block: norm, rotation, linear map, SwiGLU, attention."""

from __future__ import annotations

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Bool, Float

from hrm_jax.models import split
from kernels.attention import attention
from kernels.matmul import matmul

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


def rotary_tables(
    length: int, head_width: int, theta: float
) -> tuple[np.ndarray, np.ndarray]:
    """Cosines and sines `[length, head_width]` of rotary positions (arXiv:2104.09864).

    The two halves of a head hold the pairs ("rotate half"), so each table repeats.
    """
    exponents = np.arange(0, head_width, 2, dtype=np.float32) / np.float32(head_width)
    angles = np.outer(np.arange(length, dtype=np.float32), 1.0 / theta**exponents)
    angles = np.concatenate([angles, angles], axis=-1).astype(np.float32)
    return np.cos(angles), np.sin(angles)


def rotate(
    x: Float[Array, "B T N K"],
    cos: Float[np.ndarray, "T K"],
    sin: Float[np.ndarray, "T K"],
) -> Float[Array, "B T N K"]:
    """Turns each head's pairs by their position's angle, in float32."""
    x32 = x.astype(jnp.float32)
    first, second = jnp.split(x32, 2, axis=-1)
    turned = jnp.concatenate([-second, first], axis=-1)
    return (x32 * cos[None, :, None] + turned * sin[None, :, None]).astype(x.dtype)


class Linear(nn.Module):
    """A linear map without bias, std 1/sqrt(fan in) (LeCun), in its input's dtype."""

    features: int

    @nn.compact
    def __call__(self, x: Float[Array, "... K"]) -> Float[Array, "... F"]:
        shape = x.shape[-1], self.features
        return matmul(x, self.param("kernel", _lecun, shape, jnp.float32))


class Linears(nn.Module):
    """Several linear maps, whose matrices stand side by side in one parameter.

    They are cut apart before the products: results cut apart afterwards would be put
    together again for the derivative, at the size of activations.
    """

    features: int
    count: int

    @nn.compact
    def __call__(self, x: Float[Array, "... K"]) -> tuple[Float[Array, "... F"], ...]:
        shape = x.shape[-1], self.count * self.features
        kernel = self.param("kernel", _lecun, shape, jnp.float32)
        return tuple(matmul(x, part) for part in split.parts(kernel, self.count))


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
    """Multi-head self-attention, bidirectional, with one fused projection.

    `mask`, where given, says which positions (keys) each position (query) of a head
    sees.
    """

    num_heads: int
    rotary: tuple[np.ndarray, np.ndarray] | None
    mask: Bool[np.ndarray, "N T T"] | None

    @nn.compact
    def __call__(self, x: Float[Array, "B T D"]) -> Float[Array, "B T D"]:
        *rows, width = x.shape
        heads = (*rows, self.num_heads, width // self.num_heads)
        q, k, v = Linears(width, 3, name="qkv")(x)
        q, k, v = q.reshape(heads), k.reshape(heads), v.reshape(heads)
        if self.rotary is not None:
            q, k = rotate(q, *self.rotary), rotate(k, *self.rotary)
        mixed = attention(
            q,
            k,
            v,
            mask=None if self.mask is None else jnp.asarray(self.mask),
            partition=(split.ROWS, split.AXIS),
        )
        return Linear(width, name="output")(mixed.reshape(x.shape))
