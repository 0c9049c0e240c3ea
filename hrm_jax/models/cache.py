"""What attention has seen of the tokens before: keys and values of each call.

Each call of a module has keys and values of its own, for it sees other states: a token
costs as many of them as there are calls times layers. It is exact, since a call at one
token sees no more than the same call at tokens before it. Where `shared_cache` is set,
the calls of a module leave theirs in one place, and see those of the last call alone:
a fraction of the memory, and an approximation (Ouro, arXiv:2510.25741).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, Float32, Int32

from hrm_jax.models import sight
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.types import Size
from kernels.attention import attention, decode


class Cache(NamedTuple):
    """Key/value cache of the tokens read so far.

    Attributes:
      keys, values: one array for each place that attention writes to.
      lengths: tokens of each row that are there.
      found: with feedback, for each H update, the sum of z_l over these tokens.
    """

    keys: tuple[Float[Array, "B N S K"], ...]
    values: tuple[Float[Array, "B N S K"], ...]
    lengths: Int32[Array, " B"]
    found: tuple[Float32[Array, "B D"], ...]


class Calls(NamedTuple):
    """The attention calls that one pass makes.

    Attributes:
      segments: that a token is thought about.
      part: which of the segments' calls run in this pass; default: all.
    """

    segments: int
    part: slice = slice(None)


def empty(config: ReasonerConfig, rows: Size, positions: int, segments: int) -> Cache:
    """A cache that has room for `positions` tokens of each row.

    Args:
      segments: that a token is thought about.
    """
    head_width = config.width // config.num_heads
    shape = (rows, config.num_heads, positions, head_width)
    places = 1 + max(places_of_calls(config, segments))

    def room() -> tuple[Array, ...]:
        return tuple(jnp.zeros(shape, config.dtype) for _ in range(places))

    updates = segments * config.h_cycles if config.feedback == "insight" else 0
    found = tuple(jnp.zeros((rows, config.width)) for _ in range(updates))
    return Cache(room(), room(), jnp.zeros(rows, jnp.int32), found)


def bytes_per_token(config: ReasonerConfig, segments: int) -> int:
    """Bytes that one token takes in the cache."""
    places = 1 + max(places_of_calls(config, segments))
    return 2 * places * config.width * jnp.dtype(config.dtype).itemsize


def places_of_calls(config: ReasonerConfig, segments: int) -> list[int]:
    """Where each attention writes to, in the order in which they are called."""
    places: dict[tuple[object, ...], int] = {}
    called = []
    for call in _calls(config, segments):
        key = call[-2:] if config.shared_cache else call
        called.append(places.setdefault(key, len(places)))
    return called


def calls_of_a_cycle(config: ReasonerConfig) -> int:
    """How many calls of attention an H-cycle makes."""
    return len(places_of_calls(config, 1)) // config.h_cycles


def _calls(config: ReasonerConfig, segments: int) -> Iterator[tuple[object, ...]]:
    for segment in range(segments):
        for h_cycle in range(config.h_cycles):
            for l_cycle in range(config.l_cycles):
                for layer in range(config.l_layers):
                    yield segment, h_cycle, l_cycle, "l", layer
            if config.recurrence == "hierarchical":
                for layer in range(config.h_layers or config.l_layers):
                    yield segment, h_cycle, "h", layer


class _Writing:
    """An `Attend` that is called by one attention after the other, while tracing.

    Attributes:
      cache: with what they have written so far.
    """

    def __init__(self, config: ReasonerConfig, cache: Cache, calls: Calls):
        self.cache = cache
        self._config = config
        self._places = iter(places_of_calls(config, calls.segments)[calls.part])
        self._updates = itertools.count()

    def _tables(self, positions: Array) -> tuple[Array, Array] | None:
        if self._config.positions != "rotary":
            return None
        return sight.position_tables(self._config, positions)

    def _write(self, keys: Array, values: Array, place: int) -> None:
        self.cache = self.cache._replace(
            keys=_replaced(self.cache.keys, place, keys),
            values=_replaced(self.cache.values, place, values),
        )

    def _keep(self, found: Array, update: int) -> None:
        all_found = _replaced(self.cache.found, update, found)
        self.cache = self.cache._replace(found=all_found)


def _replaced(arrays: tuple[Array, ...], place: int, new: Array) -> tuple[Array, ...]:
    return (*arrays[:place], new, *arrays[place + 1 :])


class Prefill(_Writing):
    """Reads whole prompts, into an empty cache that has their lengths."""

    def __init__(
        self, config: ReasonerConfig, cache: Cache, length: int, segments: int
    ):
        super().__init__(config, cache, Calls(segments))
        places = jnp.arange(length, dtype=jnp.int32)[None]
        self._segment_ids = (places < cache.lengths[:, None]).astype(jnp.int32)
        self._rotary = self._tables(places)

    def __call__(self, q: Array, k: Array, v: Array, gate: Array | None) -> Array:
        place, length = next(self._places), q.shape[1]
        if self._rotary is not None:
            q, k = sight.rotate(q, *self._rotary), sight.rotate(k, *self._rotary)
        keys = self.cache.keys[place].at[:, :, :length].set(k.swapaxes(1, 2))
        values = self.cache.values[place].at[:, :, :length].set(v.swapaxes(1, 2))
        self._write(keys, values, place)
        causal = self._config.visibility == "causal"
        return attention(
            q, k, v, causal=causal, segment_ids=self._segment_ids, gate=gate
        )

    def pool(self, z: Array) -> Array:
        """A `sight.Pool`."""
        there = self._segment_ids.astype(bool)
        own = jnp.where(there[..., None], z.astype(jnp.float32), 0.0)
        self._keep(own.sum(1), next(self._updates))
        prompt = there if self._config.visibility == "prefix" else None
        return sight.running_mean(z, self._segment_ids, prompt)


class Decode(_Writing):
    """Reads a few more tokens in each row, which see those before them; the cache is
    longer by them afterwards."""

    def __init__(
        self, config: ReasonerConfig, cache: Cache, calls: Calls, tokens: int = 1
    ):
        super().__init__(config, cache, calls)
        count = jnp.arange(tokens, dtype=jnp.int32)
        self._at = cache.lengths[:, None] + count[None]
        self._rotary = self._tables(self._at)
        self.cache = cache._replace(lengths=cache.lengths + tokens)

    def __call__(self, q: Array, k: Array, v: Array, gate: Array | None) -> Array:
        place, rows = next(self._places), jnp.arange(q.shape[0])[:, None]
        if self._rotary is not None:
            q, k = sight.rotate(q, *self._rotary), sight.rotate(k, *self._rotary)
        # What finds no room any more is nobody's: it is left out.
        keys = self.cache.keys[place].at[rows, :, self._at].set(k)
        values = self.cache.values[place].at[rows, :, self._at].set(v)
        self._write(keys, values, place)

        def one(q: Array, at: Array, gate: Array | None) -> Array:
            return decode(q, keys, values, at + 1, gate=gate)

        if q.shape[1] > 1:
            return jax.vmap(one, 1, 1)(q, self._at, gate)
        gate = None if gate is None else gate[:, 0]
        return one(q[:, 0], self._at[:, 0], gate)[:, None]

    def pool(self, z: Array) -> Array:
        """A `sight.Pool`, of one token."""
        update = next(self._updates)
        found = self.cache.found[update] + z[:, 0].astype(jnp.float32)
        self._keep(found, update)
        count = (self._at + 1).astype(jnp.float32)
        return (found / count).astype(z.dtype)[:, None]
