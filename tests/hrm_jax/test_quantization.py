"""What training sees of its matrices, and what it moves."""

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import PartitionSpec as P

from configs import default
from data_pipeline.schema import UserError
from data_pipeline.task import Dimensions
from hrm_jax import experiment, quantization, sharding, train_state, train_step
from hrm_jax.checkpoint import FIRST_NOTES, Checkpoints
from hrm_jax.export import rounding
from hrm_jax.models import matrices
from hrm_jax.quantization import QuantizationConfig
from hrm_jax.types import Variables
from kernels import quantized_matmul
from tests.hrm_jax.test_train_step import SLOTS, examples, halt_only, jitted, small
from tests.tolerances import assert_close

FOUR = QuantizationConfig(bits=4, block=32)
QUANTIZED = halt_only(small(quantization=FOUR))
FLOATS = halt_only(small())


def alone(w) -> Variables:
    """The variables of a model of one matrix."""
    return Variables({"l_module": {"down": {"kernel": jnp.asarray(w)}}}, {})


def seen(config: QuantizationConfig, w) -> np.ndarray:
    found = jitted(partial(quantization.seen, config))(alone(w))
    return np.asarray(found.params["l_module"]["down"]["kernel"])


def test_an_example_by_hand():
    """Two blocks of 32 rows: scales 1 and 0.5, whole numbers from -7 to 7."""
    w = np.zeros((64, 2), np.float32)
    w[:5, 0] = 7.0, -3.4, 0.6, -0.4, -7.0
    w[32:35, 0] = 3.5, -0.2, -3.3
    by_hand = np.zeros_like(w)
    by_hand[:5, 0] = 7.0, -3.0, 1.0, 0.0, -7.0
    by_hand[32:35, 0] = 3.5, 0.0, -3.5
    np.testing.assert_allclose(seen(FOUR, w), by_hand, rtol=1e-6)


@pytest.mark.parametrize(
    ("bits", "block", "rows", "own_bits", "own_block"),
    [
        (4, 32, 192, 4, 32),
        (4, 128, 192, 4, 64),
        (8, 32, 192, 8, None),
        (4, 32, 40, 8, None),  # what no block divides
    ],
)
def test_what_is_seen_is_what_a_package_holds(bits, block, rows, own_bits, own_block):
    w = np.random.default_rng(rows).normal(size=(rows, 48)).astype(np.float32)
    w[:, 0] = 0
    found = seen(QuantizationConfig(bits, block), w)
    for original in (found, w):  # of the run as it answers, and of what it moves
        stored = rounding.nearest(original, own_bits, own_block)
        whole = np.asarray(quantized_matmul.dequantize(stored))
        # The scales may differ in their last bits, which is far below one number.
        np.testing.assert_allclose(found, whole, rtol=2**-21, atol=0)


def test_no_bits_change_nothing():
    variables = alone(np.ones((3, 2), np.float32))
    assert quantization.seen(QuantizationConfig(0, 32), variables) is variables


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("bits", 3, "quantization.bits is 3, but it must be one of 0, 4, 8."),
        ("block", 48, "quantization.block is 48, but it must be one of 32, 64, 128."),
    ],
)
def test_a_wrong_value_is_named(field, value, sentence):
    config = default.get_config()
    config.quantization[field] = value
    with pytest.raises(UserError) as error:
        experiment.train_config(config, Dimensions(11, 81, 1, 3, 3))
    assert str(error.value) == sentence


@pytest.fixture(scope="module")
def state():
    init = partial(train_state.init_state, QUANTIZED)
    state = jitted(init)(jax.random.key(0))
    return train_step.push(state, jax.tree.map(jnp.asarray, examples(0)))


@pytest.fixture(scope="module")
def step():
    return jitted(partial(train_step.train_step, QUANTIZED))


@pytest.fixture(scope="module")
def see():
    return jitted(partial(quantization.seen, FOUR))


def test_the_gradient_is_that_of_floats_which_are_what_is_seen(state, see):
    """Straight through: that of a float model whose weights lie on the grid."""
    fresh = jax.tree.map(jnp.asarray, examples(0))
    minimum = jnp.zeros(SLOTS, jnp.int32)
    rounded = state._replace(variables=see(state.variables))

    def trace(config, state):
        return train_step.segment_step(config, state, fresh, minimum)[2]

    ours = jitted(partial(trace, QUANTIZED))(state)
    theirs = jitted(partial(trace, FLOATS))(rounded)
    jax.tree.map(assert_close, ours.grads, theirs.grads)
    jax.tree.map(assert_close, ours.aux, theirs.aux)
    for name, grad in matrices.of(ours.grads).items():
        assert np.abs(grad).min() > 0, name


def test_weights_learn_by_less_than_a_number(state, step, see):
    """What a step changes, rounding hides; it is kept, and adds up."""
    after = step(state)[0]
    before, moved = (matrices.of(one.variables.params) for one in (state, after))
    numbers = [matrices.of(see(one.variables).params) for one in (state, after)]
    for name in before:
        assert (before[name] != moved[name]).mean() > 0.99
        assert np.isclose(numbers[0][name], numbers[1][name], rtol=0.05).mean() > 0.8


def test_on_many_devices_the_numbers_are_those_of_one(state, see):
    mesh = sharding.make_mesh(2, 2)
    places = sharding.state_shardings(state, mesh).variables
    spread = jitted(partial(quantization.seen, FOUR), out_shardings=places)
    with jax.set_mesh(mesh):
        found = spread(jax.device_put(state.variables, places))
    kernel = found.params["l_module"]["block_0"]["mlp"]["down"]["kernel"]
    assert kernel.sharding.spec != P()
    expected = matrices.of(see(state.variables).params)
    for name, matrix in matrices.of(found.params).items():
        np.testing.assert_allclose(matrix, expected[name], rtol=2**-21, err_msg=name)


def test_it_goes_on_where_it_was_saved(state, step, tmp_path):
    """Nothing but the state of floats decides what comes next."""
    once = step(state)[0]
    with Checkpoints(tmp_path, 1) as checkpoints:
        checkpoints.save(1, once, data={}, notes=FIRST_NOTES, metrics=None)
        checkpoints.wait()
        restored = checkpoints.restore(jax.tree.map(_described, once))
    assert restored is not None
    whole, resumed = step(once), step(restored.state)
    jax.tree.map(_assert_same, whole, resumed)


def _described(leaf: jax.Array) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=leaf.sharding)


def _assert_same(one: jax.Array, other: jax.Array) -> None:
    if jnp.issubdtype(one.dtype, jax.dtypes.prng_key):
        one, other = jax.random.key_data(one), jax.random.key_data(other)
    np.testing.assert_array_equal(one, other)


def test_a_segment_takes_what_is_seen_in_parts_too(state):
    """Microbatches see the same matrices: one rounding a step, and none inside."""
    parts = dataclasses.replace(QUANTIZED, microbatches=2)
    text = str(jax.make_jaxpr(partial(train_step.train_step, parts))(state))
    count = len(matrices.of(state.variables.params))
    assert text.count("new_dtype=int4") == count
    assert "new_dtype=int4" not in str(
        jax.make_jaxpr(partial(train_step.train_step, FLOATS))(state)
    )
