"""What is called again and again: a stack of blocks."""

from __future__ import annotations

from typing import Any

import flax.linen as nn
from jax import Array
from jaxtyping import Float

from hrm_jax.models import layers, sight
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.models.sight import Attend


class Block(nn.Module):
    """Mix the tokens, then the channels.

    With a norm after each (post-norm), as HRM and TRM have it, or before each
    (pre-norm), as HRM-Text has it. An equivariant one, which has a row for each symbol,
    mixes these in between.
    """

    config: ReasonerConfig

    @nn.compact
    def __call__(
        self, x: Float[Array, "R T D"], attend: Attend
    ) -> Float[Array, "R T D"]:
        config = self.config
        if config.mixer == "mlp":
            # The published model normalises over the positions here, not the channels.
            inner_width = config.inner_width(config.tokens)
            columns = x.swapaxes(1, 2)
            mixed = layers.SwiGLU(inner_width, name="token_mlp")(columns)
            x = layers.rms_norm(columns + mixed, config.norm_eps).swapaxes(1, 2)
        else:
            attention = layers.Attention(
                config.num_heads, config.gated_attention, name="attention"
            )
            x = self._add(x, lambda x: attention(x, attend))
        if config.equivariant:
            x = self._add(x, self._mix_symbols)
        inner_width = config.inner_width(config.width)
        mlp = layers.SwiGLU(inner_width, config.conv_width, name="mlp")
        return self._add(x, mlp)

    def _add(self, x: Array, mix: Any) -> Array:
        eps = self.config.norm_eps
        if self.config.norm == "pre":
            return x + mix(layers.rms_norm(x, eps))
        return layers.rms_norm(x + mix(x), eps)

    def _mix_symbols(self, x: Float[Array, "R T D"]) -> Float[Array, "R T D"]:
        """Attention among the symbols of a token, which have no order."""
        config = self.config
        rows, tokens, width = x.shape
        symbols_last = x.reshape(-1, config.num_symbols, tokens, width).swapaxes(1, 2)
        among = symbols_last.reshape(-1, config.num_symbols, width)
        attention = layers.Attention(config.num_heads, name="symbol_attention")
        mixed = attention(among, sight.among_symbols).reshape(symbols_last.shape)
        return mixed.swapaxes(1, 2).reshape(rows, tokens, width)


class RecurrentModule(nn.Module):
    """A stack of blocks, called again and again.

    Pre-norm blocks leave what they add up unbounded: there one more norm stands at the
    exit, so that the state is bounded while gradients pass inside ("MagicNorm",
    arXiv:2605.20613).
    """

    config: ReasonerConfig
    num_layers: int

    @nn.compact
    def __call__(
        self, z: Float[Array, "B T D"], attend: Attend, recompute: bool = False
    ) -> Float[Array, "B T D"]:
        """Args:
        recompute: keep each block's input alone for the derivative.
        """
        config = self.config

        def apply(block: Any, rows: Array) -> Array:
            return block(rows, attend)

        if recompute:
            apply = nn.remat(apply)
        # Without symbols of their own, as it is.
        rows = z.reshape(-1, z.shape[1] // config.num_symbols, config.width)
        for i in range(self.num_layers):
            rows = apply(Block(config, name=f"block_{i}"), rows)
        if config.norm == "pre":
            rows = layers.rms_norm(rows, config.norm_eps)
        return rows.reshape(z.shape)
