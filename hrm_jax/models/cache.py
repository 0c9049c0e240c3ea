"""What attention has seen of the tokens before: keys and values of each call.

Each call of a module has keys and values of its own, for it sees other states: a token
costs as many of them as there are calls times layers. It is exact, since a call at one
token sees no more than the same call at tokens before it. Where `shared_cache` is set,
the calls of a module leave theirs in one place, and see those of the last call alone:
a fraction of the memory, and an approximation (Ouro, arXiv:2510.25741).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, Int32

from hrm_jax.models import sight
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.types import Size
from kernels.attention import attention, decode


class Cache(NamedTuple):
    """Attributes:
    keys, values: one array for each place that attention writes to.
    lengths: tokens of each row that are there.
    """

    keys: tuple[Float[Array, "B N S K"], ...]
    values: tuple[Float[Array, "B N S K"], ...]
    lengths: Int32[Array, " B"]


class Calls(NamedTuple):
    """Which calls of attention write.

    Attributes:
      segments: that a token is thought about.
      part: of their calls, all of them without.
    """

    segments: int
    part: slice = slice(None)


def empty(config: ReasonerConfig, rows: Size, positions: int, segments: int) -> Cache:
    """Room for so many tokens of each row.

    Args:
      segments: that a token is thought about.
    """
    head_width = config.width // config.num_heads
    shape = (rows, config.num_heads, positions, head_width)
    places = 1 + max(places_of_calls(config, segments))

    def room() -> tuple[Array, ...]:
        return tuple(jnp.zeros(shape, config.dtype) for _ in range(places))

    return Cache(room(), room(), jnp.zeros(rows, jnp.int32))


def bytes_per_token(config: ReasonerConfig, segments: int) -> int:
    """Of the cache of one row."""
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
    """Of attention, in an H-cycle."""
    return len(places_of_calls(config, 1)) // config.h_cycles


def _calls(config: ReasonerConfig, segments: int) -> Iterator[tuple[object, ...]]:
    hierarchical = config.recurrence == "hierarchical"
    for segment in range(segments):
        for h_cycle in range(config.h_cycles):
            for l_cycle in range(config.l_cycles):
                for layer in range(config.l_layers):
                    yield segment, h_cycle, l_cycle, "l", layer
            for layer in range((config.h_layers or config.l_layers) * hierarchical):
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

    def _tables(self, positions: Array) -> tuple[Array, Array] | None:
        if self._config.positions != "rotary":
            return None
        return sight.position_tables(self._config, positions)

    def _write(self, keys: Array, values: Array, place: int) -> None:
        def replaced(arrays: tuple[Array, ...], new: Array) -> tuple[Array, ...]:
            return (*arrays[:place], new, *arrays[place + 1 :])

        self.cache = self.cache._replace(
            keys=replaced(self.cache.keys, keys),
            values=replaced(self.cache.values, values),
        )


class Prefill(_Writing):
    """Of whole prompts, into an empty cache that has their lengths."""

    def __init__(
        self, config: ReasonerConfig, cache: Cache, length: int, segments: int
    ):
        super().__init__(config, cache, Calls(segments))
        places = jnp.arange(length, dtype=jnp.int32)[None]
        self._segments = (places < cache.lengths[:, None]).astype(jnp.int32)
        self._rotary = self._tables(places)

    def __call__(self, q: Array, k: Array, v: Array, gate: Array | None) -> Array:
        place, length = next(self._places), q.shape[1]
        if self._rotary is not None:
            q, k = sight.rotate(q, *self._rotary), sight.rotate(k, *self._rotary)
        keys = self.cache.keys[place].at[:, :, :length].set(k.swapaxes(1, 2))
        values = self.cache.values[place].at[:, :, :length].set(v.swapaxes(1, 2))
        self._write(keys, values, place)
        causal = self._config.visibility == "causal"
        return attention(q, k, v, causal=causal, segments=self._segments, gate=gate)


class Decode(_Writing):
    """Of a few more tokens in each row, which see those before them; the cache is
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
