"""Matrices in the dtype that they are read in."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_pipeline.schema import Layout
from hrm_jax.models import matrices, reasoner
from tests.hrm_jax.models.small import init_variables, run_segment
from tests.hrm_jax.models.text import text

CONFIG = text(vocab_size=40, seq_len=16, feedback="insight")


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
def test_they_say_the_same_in_fewer_bytes(tied, dtype):
    config = dataclasses.replace(CONFIG, dtype=dtype, tied_embedding=tied)
    variables = init_variables(config, jax.random.key(0))
    stored = matrices.as_read(variables, dtype)
    assert all(one.dtype == jnp.float32 for one in jax.tree.leaves(variables.params))
    sizes = [sum(a.nbytes for a in jax.tree.leaves(one)) for one in (variables, stored)]
    least = 0.5 if dtype == "bfloat16" else 1
    assert least <= sizes[1] / sizes[0] < least + 0.1
    inputs = jax.random.randint(jax.random.key(1), (2, 16), 3, 40)
    layout = Layout(jnp.ones((2, 16), jnp.int32), jnp.arange(16)[None] < 5)
    layout = jax.tree.map(lambda a: jnp.broadcast_to(a, (2, 16)), layout)
    found = [
        run_segment(
            config,
            one,
            reasoner.initial_latents(config, one, 2),
            inputs,
            jnp.zeros((2, 0)),
            layout,
        )[1]
        for one in (variables, stored)
    ]
    for one, other in zip(*map(jax.tree.leaves, found), strict=True):
        np.testing.assert_array_equal(one, other)
