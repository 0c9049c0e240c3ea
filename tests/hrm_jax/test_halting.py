"""Slots: who takes a new example, who goes on, who stops."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.schema import Batch, UserError
from hrm_jax import halting
from hrm_jax.halting import HaltingConfig
from hrm_jax.types import Latents, SegmentOutput

Q_LEARNING = HaltingConfig(
    max_segments=4,
    exploration_prob=0.25,
    min_confidence=0.0,
    residual=0.0,
    q_learning=True,
)
HALT_ONLY = dataclasses.replace(Q_LEARNING, q_learning=False)

# As one program: an operation by itself is a program as well, and takes as long.
refill = jax.jit(halting.refill)


def advance(slots, after, said, minimum, config) -> halting.Carry:
    known = (3, 4) if isinstance(minimum, int) else 4
    compiled = jax.jit(halting.advance, static_argnums=known)
    return compiled(slots, after, said, minimum, config)


def latents(value: float, slots: int) -> Latents:
    z = jnp.full((slots, 3, 2), value)
    return Latents(z, z)


def output(halt, continue_) -> SegmentOutput:
    halt = jnp.asarray(halt, jnp.float32)
    logits = jnp.zeros((halt.shape[0], 3, 5))
    return SegmentOutput(logits, halt, jnp.asarray(continue_, jnp.float32))


def examples(ids) -> Batch:
    ids = jnp.asarray(ids, jnp.int32)
    tokens = jnp.broadcast_to(ids[:, None], (len(ids), 3))
    return Batch(tokens, tokens, ids)


def carry(segments, halted, ids) -> halting.Carry:
    return halting.Carry(
        latents(1.0, len(ids)),
        jnp.asarray(segments, jnp.int32),
        jnp.asarray(halted),
        examples(ids),
    )


@pytest.mark.parametrize(
    ("config", "halts"),
    [
        # q_halt, q_continue: (1, 2) (2, 1) (-1, -2) (-2, -1)
        (Q_LEARNING, [False, True, True, False]),
        (HALT_ONLY, [True, True, False, False]),
    ],
)
def test_truth_table(config, halts):
    """All four signs and orders; then the minimum, then the maximum of segments."""
    said = output([1, 2, -1, -2], [2, 1, -2, -1])
    slots = carry([0] * 4, [False] * 4, range(4))
    after = advance(slots, latents(2.0, 4), said, 0, config)
    np.testing.assert_array_equal(after.halted, halts)
    np.testing.assert_array_equal(after.segments, [1] * 4)

    held = advance(slots, latents(2.0, 4), said, jnp.full(4, 2), config)
    assert not held.halted.any()

    last = carry([3] * 4, [False] * 4, range(4))
    stopped = advance(last, latents(2.0, 4), said, jnp.full(4, 9), config)
    assert stopped.halted.all()


@pytest.mark.parametrize("config", [Q_LEARNING, HALT_ONLY])
def test_doubt_keeps_a_slot_thinking(config):
    """sigmoid(2) is 0.88 and sigmoid(3) is 0.95; the last segment ends all the same."""
    config = dataclasses.replace(config, min_confidence=0.9)
    said = output([2, 3, 3], [-5, -5, 5])
    wishes = halting.wants_to_halt(said, config)
    np.testing.assert_array_equal(wishes, [False, True, not config.q_learning])
    last = carry([3] * 3, [False] * 3, range(3))
    assert advance(last, latents(2.0, 3), said, 0, config).halted.all()


def test_refill_touches_only_halted_slots():
    before = carry([3, 2, 4], [True, False, True], [10, 11, 12])
    after = refill(before, examples([20, 21, 22]), latents(0.0, 3))
    np.testing.assert_array_equal(after.segments, [0, 2, 0])
    np.testing.assert_array_equal(after.example.puzzle_ids, [20, 11, 22])
    np.testing.assert_array_equal(after.example.inputs[:, 0], [20, 11, 22])
    np.testing.assert_array_equal(after.latents.z_h[:, 0, 0], [0, 1, 0])
    assert not after.halted.any()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.floats(-3, 3), min_size=5, max_size=5), max_size=12))
def test_invariants_over_many_steps(wishes):
    slots = halting.empty_carry(latents(0.0, 5), examples([0] * 5))
    assert slots.halted.all()
    for number, wish in enumerate(wishes):
        halted, ids, segments = slots.halted, slots.example.puzzle_ids, slots.segments
        slots = refill(
            slots, examples([number * 5 + i for i in range(5)]), latents(0.0, 5)
        )
        slots = advance(slots, latents(1.0, 5), output(wish, [0.0] * 5), 0, HALT_ONLY)
        np.testing.assert_array_equal(
            slots.segments, np.where(halted, 1, np.asarray(segments) + 1)
        )
        kept = ~np.asarray(halted)
        now = np.asarray(slots.example.puzzle_ids)
        np.testing.assert_array_equal(now[kept], np.asarray(ids)[kept])
        assert (np.asarray(slots.segments) <= HALT_ONLY.max_segments).all()


def test_exploration_draws_a_minimum_from_2_to_the_maximum():
    minimum = np.asarray(halting.draw_minimum(jax.random.key(0), 40_000, Q_LEARNING))
    assert set(np.unique(minimum)) == {0, 2, 3, 4}
    # 0.25 +- 4 standard deviations
    assert abs((minimum > 0).mean() - 0.25) < 4 * np.sqrt(0.25 * 0.75 / 40_000)


def test_the_target_of_going_on():
    said = output([1.0, -1.0, 1.0], [2.0, 0.5, 2.0])
    target = halting.q_continue_target(jnp.asarray([1, 1, 4]), said, Q_LEARNING)
    np.testing.assert_allclose(target, jax.nn.sigmoid(jnp.asarray([2.0, 0.5, 1.0])))


def test_nothing_of_the_past_carries_gradient():
    def after(z):
        slots = carry([0], [False], [0])
        moved = Latents(z, z)
        return advance(
            slots, moved, output([0.0], [0.0]), 0, HALT_ONLY
        ).latents.z_h.sum()

    assert not jax.jit(jax.grad(after))(jnp.ones((1, 3, 2))).any()


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_segments": 0},
        {"exploration_prob": 1.5},
        {"min_confidence": -0.1},
        {"residual": -0.1},
    ],
)
def test_values_out_of_range_are_named(wrong):
    with pytest.raises(UserError, match=next(iter(wrong))):
        dataclasses.replace(HALT_ONLY, **wrong)


def test_the_residual_is_the_relative_change_of_the_upper_state():
    before = Latents(jnp.full((2, 3, 4), 2.0), jnp.full((2, 3, 4), 5.0))
    change = jnp.asarray([0.5, -1.0])[:, None, None]
    after = Latents(before.z_h + change, before.z_l * 3)
    found = halting.residual(before, after)
    np.testing.assert_allclose(found, [0.25, 0.5], rtol=1e-6)
    half = jax.tree.map(lambda z: z.astype(jnp.bfloat16), (before, after))
    assert halting.residual(*half).dtype == jnp.float32
    nothing = latents(0.0, 2)
    np.testing.assert_array_equal(halting.residual(nothing, nothing), [0, 0])


@pytest.mark.parametrize("config", [Q_LEARNING, HALT_ONLY])
def test_a_settled_slot_halts_whatever_its_head_wishes(config):
    """By a change below 0.3 alone, however much confidence is asked for."""
    config = dataclasses.replace(config, residual=0.3)
    slots = carry([0] * 4, [False] * 4, range(4))
    change = jnp.asarray([0.1, 0.5, 0.1, 0.5])[:, None, None]
    moved = Latents(slots.latents.z_h * (1 + change), slots.latents.z_l)
    said = output([-2, -2, 2, 2], [0, 0, 5, -5])
    after = advance(slots, moved, said, 0, config)
    np.testing.assert_array_equal(after.halted, [True, False, True, False])

    sure = dataclasses.replace(config, min_confidence=0.999)
    after = advance(slots, moved, said, 0, sure)
    np.testing.assert_array_equal(after.halted, [True, False, True, False])

    held = advance(slots, moved, said, jnp.full(4, 2), config)
    assert not held.halted.any()
    last = slots._replace(segments=jnp.full(4, 3, jnp.int32))
    assert advance(last, moved, said, 0, config).halted.all()
