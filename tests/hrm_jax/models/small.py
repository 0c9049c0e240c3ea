"""A reasoner that is compiled in no time, and something for it to think about."""

import dataclasses

import jax
import jax.numpy as jnp

from configs import default
from data_pipeline import datasets
from hrm_jax import experiment
from hrm_jax.models import reasoner
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.types import Latents

init_variables = reasoner.init_variables
# As one program: an operation by itself is a program as well, and takes as long.
run_segment = jax.jit(reasoner.run_segment, static_argnums=0)


def small(**changes) -> ReasonerConfig:
    config = default.get_config().copy_and_resolve_references()
    config.model.width = 16
    config.model.num_heads = 4
    config.model.attention_scopes = ()
    config.model.positions = "learned"
    config.model.prefix_len = 0
    config.model.feed_forward_multiple = 8
    config.model.l_layers = 1
    dimensions = datasets.task(config.data).dimensions._replace(num_puzzles=3)
    model = experiment.train_config(config, dimensions).model
    return dataclasses.replace(model, **changes)


def looped(**changes) -> ReasonerConfig:
    """One latent and one module, the whole segment with gradient."""
    sizes = {"h_cycles": 1, "l_cycles": 3, "gradient_window": 3}
    return small(**({"recurrence": "looped"} | sizes | changes))


def draw(config: ReasonerConfig, key: int = 0, batch: int = 2):
    """Random latents, tokens and puzzle vectors."""
    keys = jax.random.split(jax.random.key(key), 4)
    shape = (batch, config.length, config.width)
    latents = Latents(*(jax.random.normal(k, shape) for k in keys[:2]))
    inputs = jax.random.randint(keys[2], (batch, config.seq_len), 0, config.vocab_size)
    rows = jax.random.normal(keys[3], (batch, config.puzzle_width))
    return latents, inputs, rows


def cut_where(here, states):
    """No gradient flows through `states` if `here`, which one program may be told."""
    return jax.tree.map(lambda z: jnp.where(here, jax.lax.stop_gradient(z), z), states)
