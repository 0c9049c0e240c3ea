"""Times one more token with a cache, beside the whole text read anew; and a round in
which tokens are drafted by the first H-cycle, then checked together.

python -m bench --only generation
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from bench import peak, table
from bench.setting import Setting
from bench.table import Row, Work
from bench.timing import Run
from configs import text
from data_pipeline.schema import Layout
from data_pipeline.task import Dimensions
from hrm_jax import experiment
from hrm_jax.models import cache as caches
from hrm_jax.models import cost, reading, reasoner
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.text import decoder, speculation
from hrm_jax.types import Variables

PART = "generation"
CACHED, SHARED, ANEW = "cached", "cached, shared by calls", "read anew"
_DRAFTS = 4
DRAFTED = f"a round: {_DRAFTS} drafts more, checked"
_LENGTH = 512
_CPU_ROWS = 1, 4


def model(setting: Setting) -> ReasonerConfig:
    """The preset `base`, or `tiny` where a minute must do, for so many tokens."""
    fields = text.get_config("tiny" if setting.quick else "base")
    fields = fields.copy_and_resolve_references()
    fields.model.dtype = setting.dtype
    dimensions = Dimensions(fields.data.vocab_size, _LENGTH, 1, 1, 1)
    return experiment.train_config(fields, dimensions).model


def cached(config: ReasonerConfig, variables: Variables, rows: int) -> Run:
    """One token, after so many that there is room for just one more."""

    @functools.partial(jax.jit, donate_argnums=2)
    def step(variables: Variables, tokens: Any, cache: caches.Cache):
        logits, after = reading.decode(config, variables, tokens, cache, 1)
        return logits[-1].argmax(-1), after._replace(lengths=after.lengths - 1)

    lengths = jnp.full(rows, _LENGTH - 1, jnp.int32)
    held = [caches.empty(config, rows, _LENGTH, 1)._replace(lengths=lengths)]
    tokens = jnp.ones(rows, jnp.int32)

    def start() -> Any:
        said, held[0] = step(variables, tokens, held[0])
        return said

    return Run(start)


def drafted(config: ReasonerConfig, variables: Variables, rows: int) -> Run:
    """A round of tokens, the last of which fills the cache."""
    tokens = _DRAFTS + 1

    @functools.partial(jax.jit, donate_argnums=1)
    def step(variables: Variables, slots: decoder.Slots):
        slots, said, _ = speculation.speak(
            config, _DRAFTS, 1, config.vocab_size, variables, slots
        )
        cache = slots.cache._replace(lengths=lengths)
        return said, slots._replace(cache=cache, active=jnp.ones(rows, bool))

    lengths = jnp.full(rows, _LENGTH - tokens, jnp.int32)
    empty = decoder.empty(config, rows, _LENGTH, 1)
    held = [empty._replace(cache=empty.cache._replace(lengths=lengths))]

    def start() -> Any:
        said, held[0] = step(variables, held[0])
        return said

    return Run(start)


def anew(config: ReasonerConfig, variables: Variables, rows: int) -> Run:
    @jax.jit
    def whole(variables: Variables, inputs: Any):
        latents = reasoner.initial_latents(config, variables, rows)
        layout = Layout(jnp.ones_like(inputs), jnp.zeros(inputs.shape, bool))
        nowhere = jnp.zeros((rows, 0), jnp.float32)
        _, output = reasoner.run_segment(
            config, variables, latents, inputs, nowhere, layout
        )
        return output.logits[:, -1].argmax(-1)

    inputs = jnp.ones((rows, _LENGTH), jnp.int32)
    return Run(lambda: whole(variables, inputs))


def work(config: ReasonerConfig, variables: Variables, rows: int) -> dict[str, Work]:
    """A token needs each call's weights, and what is in the cache, once."""
    flops = float(cost.segment_flops(config) * rows)
    leaves = jax.tree.leaves(variables)
    weights = float(sum(math.prod(leaf.shape) * leaf.dtype.itemsize for leaf in leaves))
    itemsize = jnp.dtype(config.dtype).itemsize
    modules = 2 if config.h_layers else 1
    read = weights * itemsize / 4 * config.module_calls / modules
    found = {ANEW: Work(flops, weights)}
    for name, shared in ((CACHED, False), (SHARED, True)):
        own = dataclasses.replace(config, shared_cache=shared)
        kept = caches.bytes_per_token(own, 1) * _LENGTH * rows
        found[name] = Work(flops / _LENGTH, read + kept)
    # The first cycle moves its weights for each token, the others once for all.
    share = (_DRAFTS + 1 + config.h_cycles - 1) / config.h_cycles
    one, tokens = found[CACHED], _DRAFTS + 1
    found[DRAFTED] = Work(one.flops * tokens, one.bytes * share)
    return found


def rows(setting: Setting) -> list[Row]:
    """On a CPU for one row, which is bound by memory, and for some that share it."""
    config = model(setting)
    variables = jax.jit(functools.partial(reasoner.init_variables, config))(
        jax.random.key(0)
    )
    batches = _CPU_ROWS if peak.on_cpu() else (setting.batch,)
    return [
        row for batch in batches for row in _batch(setting, config, variables, batch)
    ]


def _batch(
    setting: Setting, config: ReasonerConfig, variables: Variables, batch: int
) -> list[Row]:
    shared = dataclasses.replace(config, shared_cache=True)
    makers: dict[str, Callable[[], Run]] = {
        CACHED: lambda: cached(config, variables, batch),
        SHARED: lambda: cached(shared, variables, batch),
        ANEW: lambda: anew(config, variables, batch),
        DRAFTED: lambda: drafted(config, variables, batch),
    }
    case = f"token {_LENGTH} of {batch} rows, {setting.dtype}"
    works = work(config, variables, batch)
    return table.measure(PART, case, makers, works, setting.dtype, setting.rounds)
