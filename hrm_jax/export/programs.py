"""What a package of StableHLO can do: functions of its weights and of plain arrays.

Weights come as a dict by name, the one tree beside tuples that every JAX knows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, export
from jaxtyping import Float, Int32

from data_pipeline.schema import Batch
from hrm_jax import inference
from hrm_jax.halting import HaltingConfig
from hrm_jax.models import reasoner
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.predictor import Weights
from hrm_jax.types import Latents

Arrays = dict[str, Array]


class Program(NamedTuple):
    """A function that goes into a package, and what it is exported for.

    Attributes:
      run: called with the arrays of the weights, and what else it takes.
      takes: shapes of that, of any number of rows.
    """

    run: Callable[..., dict[str, Any]]
    takes: tuple[Any, ...]


def flat(weights: Weights, halved: bool) -> tuple[Arrays, Callable[[Arrays], Weights]]:
    """All arrays by name, and the way back.

    Args:
      halved: floats are stored in float16.
    """
    leaves, tree = jax.tree_util.tree_flatten_with_path(weights)
    names = [
        jax.tree_util.keystr(path, simple=True, separator="/") for path, _ in leaves
    ]

    def stored(leaf: Any) -> Array:
        leaf = jnp.asarray(leaf)
        return leaf.astype(jnp.float16) if halved else leaf

    def whole(arrays: Arrays) -> Weights:
        weights = tree.unflatten([arrays[name] for name in names])
        table = weights.table
        exact = None if table is None else table.astype(jnp.float32)
        return weights._replace(table=exact)

    arrays = {name: stored(leaf) for name, (_, leaf) in zip(names, leaves, strict=True)}
    return arrays, whole


def of_puzzles(
    config: ReasonerConfig,
    halting: HaltingConfig,
    whole: Callable[[Arrays], Weights],
) -> dict[str, Program]:
    """`loop`, the answers once each is believed in; `segment`, one segment of thought.

    All puzzles are the first of the table.
    """

    def loop(arrays: Arrays, tokens: Int32[Array, "B S"]) -> dict[str, Array]:
        puzzles = tokens.shape[0]
        batch = Batch(tokens, tokens, jnp.zeros(puzzles, jnp.int32))
        found = inference.answer_until_halted(
            config, halting, *whole(arrays), batch, puzzles
        )
        return {
            "answer": found.tokens,
            "segments": found.segments,
            "confidence": found.halt_probability,
        }

    def segment(
        arrays: Arrays,
        tokens: Int32[Array, "B S"],
        z_h: Float[Array, "B T D"],
        z_l: Float[Array, "B T D"],
    ) -> dict[str, Array]:
        variables, table = whole(arrays)
        rows = reasoner.puzzle_vectors(table, jnp.zeros(tokens.shape[0], jnp.int32))
        # In float32 outside, which NumPy knows, whatever the model computes in.
        before = Latents(z_h.astype(config.dtype), z_l.astype(config.dtype))
        after, output = reasoner.run_segment(config, variables, before, tokens, rows)
        found = {
            "logits": output.logits,
            "q_halt": output.q_halt_logit,
            "q_continue": output.q_continue_logit,
            "z_h_next": after.z_h,
            "z_l_next": after.z_l,
        }
        return {name: array.astype(jnp.float32) for name, array in found.items()}

    (rows,) = export.symbolic_shape("puzzles")
    tokens = jax.ShapeDtypeStruct((rows, config.seq_len), jnp.int32)
    state = jax.ShapeDtypeStruct((rows, config.length, config.width), jnp.float32)
    return {
        "loop": Program(loop, (tokens,)),
        "segment": Program(segment, (tokens, state, state)),
    }
