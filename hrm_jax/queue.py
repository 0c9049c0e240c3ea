"""Examples that wait on the device for a slot to become free.

The published trainers draw a whole batch at every step and use only the rows whose
slots have halted; the rest, most of it, is thrown away. Here nothing is: a ring of
three batches waits on the device, slots that halted take from its front, and the host
adds a batch when the ring runs low. Every example is used exactly once, in the order of
the data stream.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Bool, Int32

from data_pipeline.schema import Batch

_BATCHES = 3


class ExampleQueue(NamedTuple):
    """A ring buffer of three batches, on the device.

    Attributes:
      ring: leaves `[3 B ...]`; a batch always fills one whole row of three.
      head: index of the front, counted in examples.
      waiting: examples in the ring.
      before: `waiting` as the last `take` found it.
    """

    ring: Batch
    head: Int32[Array, ""]
    waiting: Int32[Array, ""]
    before: Int32[Array, ""]


def empty_queue(blank: Batch) -> ExampleQueue:
    """A queue for batches of the shapes of `blank`, a row for each slot."""
    ring = jax.tree.map(lambda rows: jnp.stack([rows] * _BATCHES), blank)
    zero = jnp.zeros((), jnp.int32)
    return ExampleQueue(ring, zero, zero, zero)


def needs_batch(before: int, slots: int) -> bool:
    """Must the host add a batch before the next step?

    `before` is what waited when the last step began. That step may have taken one
    example for each slot, and so may the next; the host need not wait for the answer.
    The ring never overflows: it is asked for more only when less than two batches can
    be left.
    """
    return before < 2 * slots


def push(queue: ExampleQueue, batch: Batch) -> ExampleQueue:
    """Adds a batch at the back; only where `needs_batch` says so."""
    slots = queue.ring.puzzle_ids.shape[1]
    back = (queue.head + queue.waiting) // slots % _BATCHES
    ring = jax.tree.map(lambda ring, new: ring.at[back].set(new), queue.ring, batch)
    return queue._replace(ring=ring, waiting=queue.waiting + slots)


def take(queue: ExampleQueue, halted: Bool[Array, " B"]) -> tuple[Batch, ExampleQueue]:
    """Gives each halted slot, in order, the next example.

    Returns:
      A batch whose halted rows hold fresh examples (the other rows are arbitrary), and
      the queue without them.
    """
    slots = halted.shape[0]
    rank = jnp.cumsum(halted, dtype=jnp.int32) - 1
    index = (queue.head + jnp.maximum(rank, 0)) % (_BATCHES * slots)
    fresh = jax.tree.map(lambda ring: ring[index // slots, index % slots], queue.ring)
    taken = rank[-1] + 1
    return fresh, queue._replace(
        head=(queue.head + taken) % (_BATCHES * slots),
        waiting=queue.waiting - taken,
        before=queue.waiting,
    )
