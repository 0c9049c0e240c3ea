"""Initial states and noise: who gets the same, and who gets their own."""

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from configs import default
from data_pipeline.schema import Batch, UserError
from data_pipeline.task import Dimensions
from hrm_jax import experiment
from hrm_jax.models import reasoner, states
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.types import Latents, Variables

EXAMPLES = 64
FIXED = experiment.train_config(default.get_config(), Dimensions(11, 81, 1, 3, 3)).model
RANDOM = dataclasses.replace(FIXED, initial_states="random")
NOTHING = Variables({}, {})


def batch(inputs: np.ndarray, ids: np.ndarray | None = None) -> Batch:
    ids = np.zeros(len(inputs), np.int32) if ids is None else ids
    return Batch(jnp.asarray(inputs), jnp.asarray(inputs), jnp.asarray(ids))


@pytest.fixture(scope="module")
def puzzles() -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.integers(1, 11, (EXAMPLES, RANDOM.seq_len)).astype(np.int32)


def drawn(config: ReasonerConfig, key: jax.Array, examples: Batch) -> Latents:
    keys = states.example_keys(config, key, examples)
    count = examples.inputs.shape[0]
    return states.initial_latents(config, NOTHING, count, keys)


def test_fixed_states_are_those_of_the_reasoner_and_need_no_key(puzzles):
    variables = reasoner.init_variables(FIXED, jax.random.key(0))
    assert states.example_keys(FIXED, None, batch(puzzles)) is None
    found = states.initial_latents(FIXED, variables, 3, None)
    expected = reasoner.initial_latents(FIXED, variables, 3)
    jax.tree.map(np.testing.assert_array_equal, found, expected)


def test_drawn_states_are_truncated_normal_and_independent(puzzles):
    found = drawn(RANDOM, jax.random.key(1), batch(puzzles))
    shape = (EXAMPLES, RANDOM.length, RANDOM.width)
    for z in found:
        assert z.shape == shape and z.dtype == RANDOM.dtype
        assert abs(float(z.mean())) < 5e-3 and abs(float(z.std()) - 1) < 5e-3
        assert float(jnp.abs(z).max()) < 2.28  # two sigma of what is cut
        flat = np.asarray(z).reshape(EXAMPLES, -1)
        # No two examples, positions or channels have a state in common.
        assert np.abs(np.corrcoef(flat) - np.eye(EXAMPLES)).max() < 0.1
        assert np.asarray(z)[0].std(0).min() > 0.7
    pair = np.corrcoef(*(np.asarray(z).ravel() for z in found))
    assert abs(pair[0, 1]) < 0.01


def test_an_example_has_its_state_wherever_it_stands(puzzles):
    ids = np.arange(EXAMPLES, dtype=np.int32) % 3
    whole = drawn(RANDOM, jax.random.key(1), batch(puzzles, ids))
    order = np.array([5, 2, 40])
    some = drawn(RANDOM, jax.random.key(1), batch(puzzles[order], ids[order]))
    np.testing.assert_array_equal(some.z_h, whole.z_h[order])
    np.testing.assert_array_equal(some.z_l, whole.z_l[order])


def test_key_cells_order_and_id_all_count(puzzles):
    one = np.repeat(puzzles[:1], 4, 0)
    one[1, 7] += 1
    one[2, [3, 4]] = [1, 2]
    one[3, [3, 4]] = [2, 1]
    ids = np.array([0, 0, 0, 0], np.int32)
    keys = states.example_keys(RANDOM, jax.random.key(1), batch(one, ids))
    others = states.example_keys(RANDOM, jax.random.key(1), batch(one, ids + 1))
    again = states.example_keys(RANDOM, jax.random.key(2), batch(one, ids))
    data = [
        tuple(row)
        for k in (keys, others, again)
        for row in jax.random.key_data(k).tolist()
    ]
    assert len(set(data)) == 12


def test_noise_has_the_std_asked_for_in_both_states():
    config = dataclasses.replace(FIXED, state_noise=0.25)
    zeros = jnp.zeros((16, config.length, config.width), config.dtype)
    found = states.disturb(config, Latents(zeros, zeros), jax.random.key(0))
    for z in found:
        assert z.dtype == config.dtype
        assert abs(float(z.std()) - 0.25) < 2e-3 and abs(float(z.mean())) < 2e-3
    assert not np.array_equal(found.z_h, found.z_l)


@pytest.mark.parametrize("wrong", [{"initial_states": "zero"}, {"state_noise": -1.0}])
def test_nonsense_is_named(wrong):
    with pytest.raises(UserError, match=f"model.{next(iter(wrong))} is"):
        dataclasses.replace(FIXED, **wrong)


def test_the_last_bits_of_bfloat16_are_drawn_too(puzzles):
    config = dataclasses.replace(RANDOM, dtype="bfloat16", width=32, num_heads=4)
    draw = jax.jit(partial(drawn, config))
    assert draw(jax.random.key(0), batch(puzzles)).z_h.dtype == jnp.bfloat16
