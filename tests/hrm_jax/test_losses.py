"""Properties of the losses; the golden tests hold their numbers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.schema import IGNORE_LABEL, UserError
from hrm_jax import losses
from hrm_jax.losses import LossConfig
from hrm_jax.types import SegmentOutput
from tests.tolerances import assert_close

CONFIG = LossConfig("stablemax", "example", 0.5)

# As one program: an operation by itself is a program as well, and takes as long.
log_stablemax = jax.jit(losses.log_stablemax)
segment_loss = jax.jit(losses.segment_loss, static_argnums=3)


def output(logits, halt=0.0, continue_=0.0) -> SegmentOutput:
    logits = jnp.asarray(logits, jnp.float32)
    fill = (logits.shape[0],)
    return SegmentOutput(logits, jnp.full(fill, halt), jnp.full(fill, continue_))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=2, max_size=8))
def test_stablemax_against_its_formula_in_float64(logits):
    x = np.float64(logits)
    negative = np.minimum(x, 0)
    s = np.where(x >= 0, x + 1, 1 / (1 - negative))
    found = log_stablemax(jnp.asarray(logits, jnp.float32))
    assert_close(found, np.log(s / s.sum()))


@pytest.mark.parametrize("kind", losses.LOG_PROBABILITIES)
@pytest.mark.parametrize("scale", [0.0, 1.0, 1e4, 1e30])
def test_probabilities_are_whole_and_gradients_finite(kind, scale):
    logits = scale * jnp.linspace(-1.0, 1.0, 7)
    log_probabilities = jax.jit(losses.LOG_PROBABILITIES[kind])
    assert float(jnp.exp(log_probabilities(logits)).sum()) == pytest.approx(1, rel=1e-5)
    slopes = jax.jit(jax.jacobian(log_probabilities))(logits)
    assert np.isfinite(slopes).all()


def test_the_slope_of_stablemax_at_zero():
    """s(x) joins its branches with slope 1: of n equal classes, 1 - 1/n remains."""
    slopes = jax.jit(jax.jacobian(losses.log_stablemax))(jnp.zeros(4))
    assert_close(slopes, np.eye(4) - 0.25)


@pytest.mark.parametrize("kind", losses.LOG_PROBABILITIES)
def test_tokens_without_a_label_count_for_nothing(kind):
    config = LossConfig(kind, "example", 0.5)
    logits = jax.random.normal(jax.random.key(0), (3, 4, 5))
    labels = np.array([[0, 1, 2, 3], [4, 0, 0, 0], [0, 0, 0, 0]], np.int32)
    labels[1, 1:] = labels[2] = IGNORE_LABEL

    def answer(logits):
        said = output(logits)
        return losses.segment_loss(said, jnp.asarray(labels), None, config)[1].answer

    value, grads = jax.tree.map(np.asarray, jax.jit(jax.value_and_grad(answer))(logits))
    assert not grads[1, 1:].any() and not grads[2].any()
    assert grads[1, 0].any() and np.isfinite(grads).all()
    # The mean over an example's labelled tokens: each example counts once.
    per_token = np.asarray(
        jax.jit(losses.cross_entropy, static_argnums=2)(
            logits, jnp.asarray(labels), kind
        )
    )
    assert_close(value, per_token[0].sum() / 4 + per_token[1, 0])


def test_what_is_right_and_what_the_halting_head_should_have_said():
    wanted = np.array([[1, 2], [1, 2], [1, 2], [1, 2]], np.int32)
    wanted[2, 1] = wanted[3, 0] = wanted[3, 1] = IGNORE_LABEL
    guesses = np.array([[1, 2], [1, 0], [1, 0], [0, 0]])
    said = output(np.eye(3)[guesses], halt=0.7, continue_=-0.3)
    target = jnp.asarray([0.1, 0.9, 0.5, 0.0])
    total, parts = segment_loss(said, jnp.asarray(wanted), target, CONFIG)
    np.testing.assert_array_equal(parts.correct_tokens, [2, 1, 1, 0])
    np.testing.assert_array_equal(parts.labelled_tokens, [2, 2, 1, 0])
    np.testing.assert_array_equal(parts.exact, [True, False, True, True])

    def binary(logit, target):
        p = 1 / (1 + np.exp(-logit))
        return -(target * np.log(p) + (1 - target) * np.log(1 - p)).sum()

    assert_close(parts.halt, binary(0.7, np.array([1.0, 0, 1, 1])))
    assert_close(parts.continue_, binary(-0.3, np.asarray(target, np.float64)))
    assert_close(total, parts.answer + 0.5 * (parts.halt + parts.continue_))


def test_without_q_learning_there_is_no_loss_of_going_on():
    said = output(np.zeros((2, 3, 4)))
    labels = jnp.zeros((2, 3), jnp.int32)
    total, parts = segment_loss(said, labels, None, CONFIG)
    assert parts.continue_ == 0
    assert_close(total, parts.answer + 0.5 * parts.halt)


def test_the_halting_loss_does_not_bend_the_answer():
    """What is exact is a fact to learn from, not something to differentiate."""
    logits = jax.random.normal(jax.random.key(0), (2, 3, 4))
    labels = jnp.argmax(logits, -1).astype(jnp.int32)

    def halt(logits):
        return losses.segment_loss(output(logits, 1.0), labels, None, CONFIG)[1].halt

    assert not jax.jit(jax.grad(halt))(logits).any()


def test_an_unknown_loss_is_named():
    with pytest.raises(UserError, match="loss.token_loss is 'softplus'"):
        LossConfig("softplus", "example", 0.5)
