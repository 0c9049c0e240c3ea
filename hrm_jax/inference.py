"""Answers of a trained reasoner, after a fixed number of segments or when it halts."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float32, Int32

from data_pipeline.schema import Batch
from hrm_jax import halting
from hrm_jax.halting import HaltingConfig
from hrm_jax.losses import LOG_PROBABILITIES
from hrm_jax.models import reasoner, states
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.types import SegmentOutput, Size, Variables


class Answers(NamedTuple):
    """Predictions for a batch, and how they were reached.

    Attributes:
      tokens: the most probable ones.
      segments: done.
      halt_probability: sigmoid of the halting logit.
      residual: how much the last segment changed the state, `halting.residual`.
    """

    tokens: Int32[Array, "... B S"]
    segments: Int32[Array, "... B"]
    halt_probability: Float32[Array, "... B"]
    residual: Float32[Array, "... B"]


class Thoughts(NamedTuple):
    """The answers after each of G segments, and how sure the model is of each token."""

    answers: Answers
    token_probability: Float32[Array, "G B S"]


def think(
    config: ReasonerConfig,
    token_loss: str,
    variables: Variables,
    table: Float32[Array, "P E"] | None,
    batch: Batch,
    segments: int,
    key: Array | None = None,
) -> Thoughts:
    """Runs every example for `segments` segments and keeps what each one says.

    Args:
      token_loss: the loss trained with, whose probabilities are reported.
      key: of the initial states; None where they are fixed.
    """
    rows = reasoner.puzzle_vectors(table, batch.puzzle_ids)
    latents = states.batch_latents(config, variables, batch, key)

    def segment(before, number):
        latents, output = reasoner.run_segment(
            config, variables, before, batch.inputs, rows, batch.layout
        )
        change = halting.residual(before, latents)
        probability = jnp.exp(LOG_PROBABILITIES[token_loss](output.logits).max(-1))
        done = jnp.full(batch.puzzle_ids.shape, number + 1)
        return latents, Thoughts(_answers(output, done, change), probability)

    return jax.lax.scan(segment, latents, jnp.arange(segments, dtype=jnp.int32))[1]


def answer(
    config: ReasonerConfig,
    variables: Variables,
    table: Float32[Array, "P E"] | None,
    batch: Batch,
    segments: int,
    key: Array | None = None,
) -> Answers:
    """The answers after exactly `segments` segments.

    Args:
      key: of the initial states; None where they are fixed.
    """
    rows = reasoner.puzzle_vectors(table, batch.puzzle_ids)
    latents = states.batch_latents(config, variables, batch, key)
    done = jnp.full(batch.puzzle_ids.shape, segments, jnp.int32)

    def segment(_, state):
        before = state[0]
        latents, output = reasoner.run_segment(
            config, variables, before, batch.inputs, rows, batch.layout
        )
        return latents, _answers(output, done, halting.residual(before, latents))

    # The first segment is written out, so that the loop has answers to carry.
    state = segment(0, (latents, None))
    return jax.lax.fori_loop(1, segments, segment, state)[1]


class _LoopState(NamedTuple):
    """State of the `while_loop` in `answer_until_halted`, on M examples.

    Attributes:
      carry: the slots.
      owner: which example each slot works on; M for none.
      next: the first example that no slot has taken yet.
      answers: of the examples that have halted, row M for what nobody wants.
    """

    carry: halting.Carry
    owner: Int32[Array, " B"]
    next: Int32[Array, ""]
    answers: Answers


def answer_until_halted(
    config: ReasonerConfig,
    halting_config: HaltingConfig,
    variables: Variables,
    table: Float32[Array, "P E"] | None,
    batch: Batch,
    slots: Size,
    key: Array | None = None,
) -> Answers:
    """Lets each example think until it halts, and spends nothing on it afterwards.

    The M examples of the batch pass through `slots` rows; a row whose example halts
    takes the next one in the same loop on the device, so the work is the sum of the
    segments needed, not M times the largest of them.

    Args:
      key: of the initial states; None where they are fixed.
    """
    examples = batch.inputs.shape[0]
    keys = states.example_keys(config, key, batch)
    fixed = reasoner.initial_latents(config, variables, slots)

    def more(state: _LoopState) -> Array:
        return (state.next < examples) | ~state.carry.halted.all()

    def segment(state: _LoopState) -> _LoopState:
        halted = state.carry.halted
        index = state.next + jnp.cumsum(halted, dtype=jnp.int32) - 1
        taken = jnp.where(halted, jnp.minimum(index, examples), state.owner)
        fresh = jax.tree.map(lambda rows: rows.at[taken].get(mode="clip"), batch)
        initial = fixed
        if keys is not None:
            taken_keys = keys.at[taken].get(mode="clip")
            initial = states.initial_latents(config, variables, slots, taken_keys)
        carry = halting.refill(state.carry, fresh, initial)
        latents, output = reasoner.run_segment(
            config,
            variables,
            carry.latents,
            carry.example.inputs,
            reasoner.puzzle_vectors(table, carry.example.puzzle_ids),
            carry.example.layout,
        )
        change = halting.residual(carry.latents, latents)
        carry = halting.advance(carry, latents, output, 0, halting_config)
        idle = taken == examples
        row = jnp.where(carry.halted, taken, examples)
        answers = jax.tree.map(
            lambda all_rows, new: all_rows.at[row].set(new),
            state.answers,
            _answers(output, carry.segments, change),
        )
        used = (halted & ~idle).sum(dtype=jnp.int32)
        return _LoopState(
            carry._replace(halted=carry.halted | idle),
            taken,
            state.next + used,
            answers,
        )

    blank = Answers(
        jnp.zeros((examples + 1, config.seq_len), jnp.int32),
        jnp.zeros(examples + 1, jnp.int32),
        jnp.zeros(examples + 1, jnp.float32),
        jnp.zeros(examples + 1, jnp.float32),
    )
    state = _LoopState(
        halting.empty_carry(fixed, reasoner.blank_batch(config, slots)),
        jnp.full(slots, examples, jnp.int32),
        jnp.zeros((), jnp.int32),
        blank,
    )
    answers = jax.lax.while_loop(more, segment, state).answers
    return jax.tree.map(lambda rows: rows[:examples], answers)


def _answers(
    output: SegmentOutput,
    segments: Int32[Array, " B"],
    change: Float32[Array, " B"],
) -> Answers:
    return Answers(
        output.logits.argmax(-1).astype(jnp.int32),
        segments,
        jax.nn.sigmoid(output.q_halt_logit),
        change,
    )
