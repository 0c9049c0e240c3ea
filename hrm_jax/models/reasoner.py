"""The one recurrent core: HRM (arXiv:2506.21734) and TRM (arXiv:2510.04871).

Two states of one shape are refined in turn. With f the L module, g the H module and x
the embedded example, one H-cycle is

    l_cycles times   z_l <- f(z_l + z_h + x)
    once             z_h <- g(z_h + z_l)

and a segment is `h_cycles` of them. Looped instead of hierarchical, a segment is
`l_cycles` times z_h <- f(z_h + x), and z_l is left alone: the recurrence of the
Universal Transformer (arXiv:1807.03819) as URM has it (arXiv:2512.14693).

A text is reasoned about by the same recurrence (HRM-Text, arXiv:2605.20613), but that x
enters it once, at its start, as z_h. There `reading` thinks about one new token at a
time.

With `feedback="insight"` what z_l has found elsewhere comes to z_h before each H update
(hrm_jax/models/insight.py).

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
from jaxtyping import Float, Float32, Int, Int32

from data_pipeline.schema import AnyLayout, Batch, Layout
from hrm_jax.models import layers, sight, symbols, tensor_parallel
from hrm_jax.models.block import RecurrentModule
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.models.insight import Insight
from hrm_jax.models.repetition import repeat
from hrm_jax.models.sight import Attend, Sight
from hrm_jax.types import Latents, SegmentOutput, Size, Variables
from kernels.matmul import matmul


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
        if config.feedback == "insight":
            self.insight = Insight(config)
        if not config.tied_embedding:
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

    def initial_latents(self, rows: Size, length: int | None = None) -> Latents:
        """The fixed states that every example starts from.

        Args:
          length: of the examples, where it is not that of the config.
        """
        config = self.config
        shape = (rows, length or config.length, config.width)
        z_h, z_l = (
            jnp.broadcast_to(state.value.astype(config.dtype), shape)
            for state in (self.z_h_init, self.z_l_init)
        )
        if config.injection == "start":
            z_h = jnp.zeros_like(z_h)
        return Latents(z_h, z_l)

    def __call__(
        self,
        latents: Latents,
        inputs: Int[Array, "B S"],
        puzzle_vectors: Float[Array, "B E"],
        layout: AnyLayout | None = None,
    ) -> tuple[Latents, SegmentOutput]:
        """One segment.

        Args:
          latents: the state before.
          inputs: tokens.
          puzzle_vectors: the rows of the puzzle table that belong to the examples.
          layout: of rows of text.

        Returns:
          The state after, not cut from the gradient, and the outputs.
        """
        x = self.embed(inputs, puzzle_vectors)
        config = self.config
        if config.visibility == "all":
            seen = sight.on_board(config)
        else:
            assert layout is not None, "rows of text have a layout"
            seen = sight.in_text(config, layout)
        latents = self._reason(latents, x, seen)
        return latents, self._outputs(latents)

    def _outputs(self, latents: Latents) -> SegmentOutput:
        config = self.config
        z = latents.z_h.reshape(-1, config.num_symbols, config.tokens, config.width)
        scores = self.scores(z[:, :, config.prefix_len :])
        q_logits = self.halt_head(z[:, :, 0].mean(1)).astype(jnp.float32)
        return SegmentOutput(
            logits=symbols.logits(scores) if config.equivariant else scores[:, 0],
            q_halt_logit=q_logits[:, 0],
            q_continue_logit=q_logits[:, 1],
        )

    def scores(self, z: Float[Array, "... D"]) -> Float[Array, "... C"]:
        """The answer head."""
        if self.config.tied_embedding:
            return matmul(z, self.token_embedding.embedding.T)
        return self.answer_head(z)

    def embed(
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
        return x.reshape(inputs.shape[0], -1, config.width)

    def _reason(
        self, latents: Latents, x: Float[Array, "B T D"], seen: Sight
    ) -> Latents:
        """All module calls of a segment, cut where the gradient window begins."""
        config = self.config
        latents, repeated = self.enter(latents, x)
        before = config.module_calls - config.gradient_window
        cycles, done = divmod(before, config.module_calls // config.h_cycles)
        latents = repeat(Reasoner.cycle, cycles, self, latents, repeated, seen)
        latents = repeat(Reasoner._update_l, done, self, latents, repeated, seen)
        entered, latents = latents, jax.lax.stop_gradient(latents)
        if config.injection == "start" and config.entry_learns:
            # No call has changed it: it is still the example.
            latents = latents._replace(z_h=entered.z_h)
        latents = self.cycle(latents, repeated, seen, done, in_window=True)
        rest = config.h_cycles - cycles - 1
        return repeat(Reasoner.cycle, rest, self, latents, repeated, seen, 0, True)

    def enter(
        self, latents: Latents, x: Float[Array, "B T D"]
    ) -> tuple[Latents, Float[Array, "B T D"] | None]:
        """The state with the example in it, and what each call adds of the example."""
        if self.config.injection == "start":
            return latents._replace(z_h=latents.z_h + x), None
        return latents, x

    def cycle(
        self,
        latents: Latents,
        x: Float[Array, "B T D"] | None,
        seen: Sight,
        done: int = 0,
        in_window: bool = False,
        repeat: Callable[..., Latents] = repeat,
    ) -> Latents:
        """One H-cycle; of a loop of one state, all of its calls.

        Args:
          x: what each L call adds of the example, as `enter` gives it.
          done: of its L calls, left out.
          in_window: does it carry gradient?
          repeat: one of `repetition`, for its L calls.
        """
        rest = self.config.l_cycles - done
        latents = repeat(Reasoner._update_l, rest, self, latents, x, seen, in_window)
        if self.config.recurrence == "hierarchical":
            latents = self._update_h(latents, seen, in_window)
        return latents

    def _update_l(
        self,
        latents: Latents,
        x: Float[Array, "B T D"] | None,
        seen: Sight,
        in_window: bool = False,
    ) -> Latents:
        z = latents.z_h if x is None else latents.z_h + x
        if self.config.recurrence == "looped":
            z_h = self._call(self.l_module, z, seen.attend, in_window)
            return latents._replace(z_h=z_h)
        z_l = self._call(self.l_module, latents.z_l + z, seen.attend, in_window)
        return latents._replace(z_l=z_l)

    def _update_h(
        self, latents: Latents, seen: Sight, in_window: bool = False
    ) -> Latents:
        module = self.h_module if self.config.h_layers else self.l_module
        z_h, z_l = latents
        if self.config.feedback == "insight":
            z_h = self.insight(z_h, z_l, seen.pool)
        z_h = self._call(module, z_h + z_l, seen.attend, in_window)
        return latents._replace(z_h=z_h)

    def _call(
        self,
        module: RecurrentModule,
        z: Float[Array, "B T D"],
        attend: Attend,
        in_window: bool,
    ) -> Float[Array, "B T D"]:
        return module(z, attend, recompute=in_window and self.remat == "block")


@functools.partial(jax.jit, static_argnums=0)
def init_variables(config: ReasonerConfig, key: Array) -> Variables:
    """Draws parameters and the two fixed states; traced once for a config.

    Args:
      key: the key is consumed.
    """
    reasoner = Reasoner(config)
    shape = (1, config.length, config.width)
    latents = Latents(jnp.zeros(shape, config.dtype), jnp.zeros(shape, config.dtype))
    puzzle_vectors = jnp.zeros((1, config.puzzle_width), jnp.float32)
    blank = blank_batch(config, 1)
    variables: Any = reasoner.init(
        key, latents, blank.inputs, puzzle_vectors, blank.layout
    )
    return Variables(variables["params"], variables["constants"])


def blank_batch(config: ReasonerConfig, rows: Size) -> Batch:
    """Zeros of the shapes that the examples of a model have."""
    tokens = jnp.zeros((rows, config.seq_len), jnp.int32)
    layout = None
    if config.visibility != "all":
        layout = Layout(tokens, jnp.zeros(tokens.shape, bool))
    return Batch(tokens, tokens, jnp.zeros(rows, jnp.int32), layout)


def initial_latents(
    config: ReasonerConfig, variables: Variables, batch_size: Size
) -> Latents:
    """The fixed states, once per row."""
    return apply(config, variables, Reasoner.initial_latents, batch_size)


def puzzle_vectors(
    table: Float32[Array, "P E"] | None, puzzle_ids: Int32[Array, " B"]
) -> Float32[Array, "B E"]:
    """The examples' rows of the table; of width 0 without one."""
    if table is None:
        return jnp.zeros((puzzle_ids.shape[0], 0), jnp.float32)
    return table[puzzle_ids]


def run_segment(
    config: ReasonerConfig,
    variables: Variables,
    latents: Latents,
    inputs: Int[Array, "B S"],
    puzzle_vectors: Float[Array, "B E"],
    layout: AnyLayout | None = None,
    remat: str = "none",
) -> tuple[Latents, SegmentOutput]:
    """`Reasoner.__call__` as a pure function of its variables."""
    variables = variables._replace(params=tensor_parallel.grouped(variables.params))
    call: Any = Reasoner.__call__
    return apply(
        config, variables, call, latents, inputs, puzzle_vectors, layout, remat=remat
    )


def apply(
    config: ReasonerConfig,
    variables: Variables,
    method: Callable[..., Any],
    *args: Any,
    remat: str = "none",
) -> Any:
    return Reasoner(config, remat).apply(variables._asdict(), *args, method=method)
