"""The one recurrent core: HRM (arXiv:2506.21734) and TRM (arXiv:2510.04871).

Two states of one shape are refined in turn. With f the L module, g the H module and x
the embedded example, one H-cycle is

    l_cycles times   z_l <- f(z_l + z_h + x)
    once             z_h <- g(z_h + z_l)

and a segment is `h_cycles` of them. Looped instead of hierarchical, a segment is
`l_cycles` times z_h <- f(z_h + x), and z_l is left alone: the recurrence of the
Universal Transformer (arXiv:1807.03819) as URM has it (arXiv:2512.14693).

Only the last `gradient_window` module calls carry gradient; what comes before is
computed, and cut. What those keep for their derivatives is most of what training needs
in memory, and can be computed anew instead (`Reasoner.remat`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float, Int

from data_pipeline.schema import BoardShape
from hrm_jax.models import layers, scopes, split, symbols
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.types import Latents, SegmentOutput, Variables


class Block(nn.Module):
    """Mix the tokens, then the channels; post-norm after each.

    An equivariant one, which has a row for each symbol, mixes these in between.
    """

    config: ReasonerConfig

    @nn.compact
    def __call__(self, x: Float[Array, "R T D"]) -> Float[Array, "R T D"]:
        config = self.config
        if config.mixer == "mlp":
            # The published model normalises over the positions here, not the channels.
            inner_width = config.inner_width(config.tokens)
            columns = x.swapaxes(1, 2)
            mixed = layers.SwiGLU(inner_width, name="token_mlp")(columns)
            x = layers.rms_norm(columns + mixed, config.norm_eps).swapaxes(1, 2)
        else:
            x = layers.rms_norm(x + self._attention()(x), config.norm_eps)
        if config.equivariant:
            x = layers.rms_norm(x + self._mix_symbols(x), config.norm_eps)
        inner_width = config.inner_width(config.width)
        mixed = layers.SwiGLU(inner_width, config.conv_width, name="mlp")(x)
        return layers.rms_norm(x + mixed, config.norm_eps)

    def _mix_symbols(self, x: Float[Array, "R T D"]) -> Float[Array, "R T D"]:
        """Attention among the symbols of a token, which have no order."""
        config = self.config
        rows, tokens, width = x.shape
        symbols_last = x.reshape(-1, config.num_symbols, tokens, width).swapaxes(1, 2)
        among = symbols_last.reshape(-1, config.num_symbols, width)
        attention = layers.Attention(
            config.num_heads, None, None, name="symbol_attention"
        )
        mixed = attention(among).reshape(symbols_last.shape)
        return mixed.swapaxes(1, 2).reshape(rows, tokens, width)

    def _attention(self) -> layers.Attention:
        config = self.config
        head_width = config.width // config.num_heads
        rotary = None
        if config.positions == "rotary":
            rotary = layers.rotary_tables(
                config.tokens, head_width, config.rotary_theta
            )
        board = BoardShape(config.box_rows, config.box_cols)
        mask = scopes.attention_mask(
            config.attention_scopes, config.num_heads, board, config.prefix_len
        )
        return layers.Attention(config.num_heads, rotary, mask, name="attention")


def _apply(module: Any, z: Array) -> Array:
    return module(z)


_recomputed = nn.remat(_apply)
"""The same, but that its derivative keeps nothing but `z`."""


class RecurrentModule(nn.Module):
    """A stack of blocks, called again and again."""

    config: ReasonerConfig
    num_layers: int

    @nn.compact
    def __call__(
        self, z: Float[Array, "B T D"], recompute: bool = False
    ) -> Float[Array, "B T D"]:
        """Args:
        recompute: keep each block's input alone for the derivative.
        """
        apply = _recomputed if recompute else _apply
        # Without symbols of their own, as it is.
        rows = z.reshape(-1, self.config.tokens, self.config.width)
        for i in range(self.num_layers):
            rows = apply(Block(self.config, name=f"block_{i}"), rows)
        return rows.reshape(z.shape)


class Reasoner(nn.Module):
    """Maps latents and an example to better latents, an answer and halting logits.

    Attributes:
      remat: what the module calls in the gradient window compute again for their
        derivatives, instead of keeping it: "none"; "block": all but the input of each
        block. (To keep the input of each call alone needs more memory, not less: a
        whole module's insides at once.) It changes no number.
    """

    config: ReasonerConfig
    remat: str = "none"

    def setup(self):
        config = self.config
        embedding_init = layers.truncated_normal(config.width**-0.5)
        self.token_embedding = nn.Embed(
            symbols.KINDS if config.equivariant else config.vocab_size,
            config.width,
            embedding_init=embedding_init,
        )
        if config.positions == "learned":
            self.position_embedding = nn.Embed(
                config.tokens, config.width, embedding_init=embedding_init
            )
        self.l_module = RecurrentModule(config, config.l_layers)
        if config.h_layers:
            self.h_module = RecurrentModule(config, config.h_layers)
        scores = symbols.SCORES if config.equivariant else config.vocab_size
        self.answer_head = layers.Linear(scores)
        self.halt_head = nn.Dense(
            2,
            dtype=jnp.dtype(config.dtype),
            kernel_init=nn.initializers.zeros,
            bias_init=nn.initializers.constant(config.halt_bias),
        )
        state_init = layers.truncated_normal(1.0)
        for name in ("z_h_init", "z_l_init"):
            draw = lambda: state_init(  # noqa: E731
                self.make_rng("params"), (config.width,), jnp.float32
            )
            setattr(self, name, self.variable("constants", name, draw))

    def initial_latents(self, batch_size: int) -> Latents:
        """The fixed states that every example starts from."""
        shape = (batch_size, self.config.length, self.config.width)
        z_h, z_l = (
            jnp.broadcast_to(state.value.astype(self.config.dtype), shape)
            for state in (self.z_h_init, self.z_l_init)
        )
        return Latents(z_h, z_l)

    def __call__(
        self,
        latents: Latents,
        inputs: Int[Array, "B S"],
        puzzle_vectors: Float[Array, "B E"],
    ) -> tuple[Latents, SegmentOutput]:
        """One segment.

        Args:
          latents: the state before.
          inputs: tokens.
          puzzle_vectors: the rows of the puzzle table that belong to the examples.

        Returns:
          The state after, not cut from the gradient, and the outputs.
        """
        x = self._embed(inputs, puzzle_vectors)
        latents = self._reason(latents, x)
        config = self.config
        z = latents.z_h.reshape(-1, config.num_symbols, config.tokens, config.width)
        scores = self.answer_head(z[:, :, config.prefix_len :])
        q_logits = self.halt_head(z[:, :, 0].mean(1)).astype(jnp.float32)
        return latents, SegmentOutput(
            logits=symbols.logits(scores) if config.equivariant else scores[:, 0],
            q_halt_logit=q_logits[:, 0],
            q_continue_logit=q_logits[:, 1],
        )

    def _embed(
        self, inputs: Int[Array, "B S"], puzzle_vectors: Float[Array, "B E"]
    ) -> Float[Array, "B T D"]:
        """Prefix and tokens, with positions, scaled to unit size."""
        config = self.config
        dtype = jnp.dtype(config.dtype)
        tokens = inputs[:, None]
        if config.equivariant:
            tokens = symbols.kinds(inputs, config.num_symbols)
        x = self.token_embedding(tokens).astype(dtype)
        if config.prefix_len:
            room = config.prefix_len * config.width - config.puzzle_width
            prefix = jnp.pad(puzzle_vectors.astype(dtype), ((0, 0), (0, room)))
            prefix = prefix.reshape(-1, 1, config.prefix_len, config.width)
            prefix = jnp.repeat(prefix, config.num_symbols, axis=1)
            x = jnp.concatenate([prefix, x], axis=2)
        if config.positions == "learned":
            positions = self.position_embedding.embedding.astype(dtype)
            # Keeps the variance: (a + b) / sqrt(2).
            x = (x + positions[None, None]) * np.array(0.5**0.5, dtype)
        x = x * np.array(config.width**0.5, dtype)
        return x.reshape(-1, config.length, config.width)

    def _reason(self, latents: Latents, x: Float[Array, "B T D"]) -> Latents:
        """All module calls of a segment, cut where the gradient window begins."""
        config = self.config
        before = config.module_calls - config.gradient_window
        if config.recurrence == "looped":

            def update(
                module: Reasoner, latents: Latents, kept: bool = False
            ) -> Latents:
                z_h = module._call(module.l_module, latents.z_h + x, kept)
                return latents._replace(z_h=z_h)

            latents = _repeat(update, self, latents, before)
            latents = jax.lax.stop_gradient(latents)
            update_kept = functools.partial(update, kept=True)
            return _repeat(update_kept, self, latents, config.gradient_window)

        calls = config.l_cycles + 1
        whole_cycles, l_before = divmod(before, calls)

        def update_l(module: Reasoner, latents: Latents, kept: bool = False) -> Latents:
            z = latents.z_l + (latents.z_h + x)
            return latents._replace(z_l=module._call(module.l_module, z, kept))

        def update_h(module: Reasoner, latents: Latents, kept: bool = False) -> Latents:
            h_module = module.h_module if config.h_layers else module.l_module
            z_h = module._call(h_module, latents.z_h + latents.z_l, kept)
            return latents._replace(z_h=z_h)

        def cycle(module: Reasoner, latents: Latents, kept: bool = False) -> Latents:
            update = functools.partial(update_l, kept=kept)
            latents = _repeat(update, module, latents, config.l_cycles)
            return update_h(module, latents, kept)

        latents = _repeat(cycle, self, latents, whole_cycles)
        latents = _repeat(update_l, self, latents, l_before)
        latents = jax.lax.stop_gradient(latents)
        update_l_kept = functools.partial(update_l, kept=True)
        latents = _repeat(update_l_kept, self, latents, config.l_cycles - l_before)
        latents = update_h(self, latents, kept=True)
        cycle_kept = functools.partial(cycle, kept=True)
        return _repeat(cycle_kept, self, latents, config.h_cycles - whole_cycles - 1)

    def _call(
        self, module: RecurrentModule, z: Float[Array, "B T D"], kept: bool
    ) -> Float[Array, "B T D"]:
        """Args: kept: inside of the gradient window."""
        return module(z, recompute=kept and self.remat == "block")


def _repeat(
    update: Callable[[Reasoner, Latents], Latents],
    module: Reasoner,
    latents: Latents,
    times: int,
) -> Latents:
    """Applies `update` `times` times, as one compiled loop where it pays."""
    if times == 0:
        return latents
    if times == 1:
        return update(module, latents)
    scan = nn.scan(
        lambda module, latents, _: (update(module, latents), None),
        variable_broadcast=("params", "constants"),
        split_rngs={"params": False},
        length=times,
    )
    return scan(module, latents, None)[0]


def init_variables(config: ReasonerConfig, key: Array) -> Variables:
    """Draws parameters and the two fixed states.

    Args:
      key: the key is consumed.
    """
    reasoner = Reasoner(config)
    shape = (1, config.length, config.width)
    latents = Latents(jnp.zeros(shape, config.dtype), jnp.zeros(shape, config.dtype))
    inputs = jnp.zeros((1, config.seq_len), jnp.int32)
    puzzle_vectors = jnp.zeros((1, config.puzzle_width), jnp.float32)
    variables: Any = reasoner.init(key, latents, inputs, puzzle_vectors)
    return Variables(variables["params"], variables["constants"])


def initial_latents(
    config: ReasonerConfig, variables: Variables, batch_size: int
) -> Latents:
    """The fixed states, once per row."""
    latents: Any = Reasoner(config).apply(
        variables._asdict(), batch_size, method=Reasoner.initial_latents
    )
    return latents


def run_segment(
    config: ReasonerConfig,
    variables: Variables,
    latents: Latents,
    inputs: Int[Array, "B S"],
    puzzle_vectors: Float[Array, "B E"],
    remat: str = "none",
) -> tuple[Latents, SegmentOutput]:
    """`Reasoner.__call__` as a pure function of its variables."""
    variables = variables._replace(params=split.grouped(variables.params))
    outputs: Any = Reasoner(config, remat).apply(
        variables._asdict(), latents, inputs, puzzle_vectors
    )
    return outputs
