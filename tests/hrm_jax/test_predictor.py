"""Single attempts, selected ones and traces begin from the same states."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from configs import default
from data_pipeline.schema import Batch, UserError
from data_pipeline.task import Dimensions
from hrm_jax import experiment, predictor, sharding
from hrm_jax.models import reasoner
from hrm_jax.predictor import Weights
from tests.tolerances import assert_close


def config(**fields):
    """A small reasoner on 4x4 boards, from random states."""
    config = default.get_config().copy_and_resolve_references()
    config.data.box_rows = config.data.box_cols = 2
    config.model.update(width=24, l_layers=1, h_cycles=1, l_cycles=1, gradient_window=2)
    config.model.initial_states = "random"
    config.halting.max_segments = 3
    config.evaluation.update(restarts=4, min_confidence=0.0)
    for name, value in fields.items():
        group, field = name.split("__")
        config[group][field] = value
    return config


def typed(config):
    train = experiment.train_config(config, Dimensions(6, 16, 1, 2, 2))
    return train, experiment.evaluation_config(config)


@pytest.fixture(scope="module")
def weights() -> Weights:
    """With a halting head that is of two minds."""
    model = typed(config())[0].model
    variables = reasoner.init_variables(model, jax.random.key(0))
    rng = np.random.default_rng(0)
    head = rng.standard_normal((model.width, 2), np.float32)
    bias = np.zeros(2, np.float32)
    variables.params["halt_head"] = jax.tree.map(
        jnp.asarray, {"kernel": head, "bias": bias}
    )
    return Weights(variables, None)


@pytest.fixture(scope="module")
def batch() -> Batch:
    rng = np.random.default_rng(1)
    inputs = rng.integers(1, 6, (16, 16)).astype(np.int32)
    return Batch(inputs, inputs, np.zeros(16, np.int32))


@pytest.fixture(scope="module")
def mesh():
    return sharding.make_mesh(fsdp=1, tensor=1)


@pytest.mark.parametrize("early_halting", [False, True])
def test_the_single_attempt_is_the_first_of_the_restarts(
    weights, batch, mesh, early_halting
):
    train, evaluation = typed(config(evaluation__early_halting=early_halting))
    single = predictor.predictor(train, evaluation, mesh)(weights, batch)
    alone = dataclasses.replace(evaluation, restarts=1)
    first = predictor.selector(train, alone, mesh)(weights, batch)
    np.testing.assert_array_equal(single.answers, first.answers)
    np.testing.assert_array_equal(single.segments, first.segments)
    assert_close(single.confidence, first.confidence)
    best = predictor.selector(train, evaluation, mesh)(weights, batch)
    # Another program, with rounding of its own.
    assert (best.confidence > single.confidence - 1e-5).all()
    assert (best.confidence > single.confidence + 0.1).any()


def test_the_trace_ends_with_the_prediction(weights, batch, mesh):
    train, evaluation = typed(config())
    single = predictor.predictor(train, evaluation, mesh)(weights, batch)
    trace = predictor.tracer(train, evaluation, mesh)(weights, batch)
    np.testing.assert_array_equal(trace.answers[-1], single.answers)
    assert_close(trace.halt_confidence[-1], single.confidence)
    assert trace.residual.shape == (3, 16) and trace.residual.dtype == np.float32
    assert (trace.residual > 0).all()


def test_another_seed_begins_elsewhere(weights, batch, mesh):
    train, evaluation = typed(config())
    other = dataclasses.replace(evaluation, seed=1)
    found = [
        predictor.predictor(train, one, mesh)(weights, batch).confidence
        for one in (evaluation, other)
    ]
    assert not np.array_equal(*found)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"evaluation__restarts": 0}, "evaluation.restarts is 0, .* at least 1"),
        ({"evaluation__residual": -1.0}, "evaluation.residual is -1.0"),
        ({"evaluation__seed": -1}, "evaluation.seed is -1"),
        ({"evaluation__seed": 2**32}, "evaluation.seed is 4294967296"),
        ({"evaluation__select": "vote"}, "select is 'vote', .* one of confidence, "),
        (
            {"model__initial_states": "fixed"},
            "restarts is 4, .* alike .* --config.model.initial_states=random",
        ),
    ],
)
def test_nonsense_is_named(fields, complaint):
    with pytest.raises(UserError, match=complaint):
        typed(config(**fields))
