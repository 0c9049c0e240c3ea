"""No example is lost, none comes twice, and the order is that of the stream."""

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.schema import Batch
from hrm_jax import queue

SLOTS = 4
take = jax.jit(queue.take)
push = jax.jit(queue.push)


def batch(number: int) -> Batch:
    """The `number`-th batch of a stream of examples 0, 1, 2, ..."""
    ids = jnp.arange(SLOTS, dtype=jnp.int32) + number * SLOTS
    tokens = jnp.broadcast_to(ids[:, None], (SLOTS, 3))
    return Batch(tokens, tokens + 1, ids)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.lists(st.booleans(), min_size=SLOTS, max_size=SLOTS),
        min_size=1,
        max_size=40,
    )
)
def test_slots_take_the_stream_in_order(steps):
    state = queue.empty_queue(batch(0))
    pushed, taken, before = 0, [], 0
    waiting_of_the_step_before = 0
    for halted in steps:
        added = queue.needs_batch(before, SLOTS)
        if added:
            state, pushed = push(state, batch(pushed)), pushed + 1
        fresh, state = take(state, jnp.asarray(halted))
        taken += list(np.asarray(fresh.puzzle_ids)[np.asarray(halted)])
        np.testing.assert_array_equal(fresh.inputs[:, 0], fresh.puzzle_ids)
        np.testing.assert_array_equal(fresh.labels[:, 0], fresh.puzzle_ids + 1)
        # What the host knows of this step once the step before is done.
        before = waiting_of_the_step_before + SLOTS * added
        assert before == int(state.before)
        waiting_of_the_step_before = int(state.waiting)
        assert 0 <= int(state.waiting) <= 3 * SLOTS
    assert taken == list(range(len(taken)))
    assert pushed * SLOTS - len(taken) == int(state.waiting)


def test_the_host_adds_a_batch_only_when_it_may_be_needed():
    """With no slot free, two batches are fetched and then no more."""
    state, before, pushed, waiting = queue.empty_queue(batch(0)), 0, 0, 0
    for _ in range(10):
        added = queue.needs_batch(before, SLOTS)
        if added:
            state, pushed = push(state, batch(pushed)), pushed + 1
        _, state = take(state, jnp.zeros(SLOTS, bool))
        before, waiting = waiting + SLOTS * added, int(state.waiting)
    assert pushed == 2
