"""The objectives of reinforcement, against numbers and properties of the papers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_pipeline.schema import IGNORE_LABEL, Rollout
from data_pipeline.text.special import Special
from hrm_jax.rl import objectives
from hrm_jax.rl.objectives import ObjectiveConfig
from hrm_jax.types import SegmentOutput
from tests.hrm_jax.models.text import rows, stacked

VOCABULARY, LENGTH = 9, 14
CLIPS = {"grpo": (0.2, 0.28), "gspo": (3e-4, 4e-4)}
# Three answers, of 3, 1 and 4 tokens; the first two share a row.
PROMPTS = ([4, 5, 2], [6, 2], [7, 4, 2])
ANSWERS = ([5, 6, 1], [1], [8, 8, 4, 1])
ADVANTAGES = (1.5, -0.5, -2.0)
ROWS = (0, 0, 1)
PLACES = (slice(2, 5), slice(6, 7), slice(2, 6))
"""Of the labels of each answer in its row."""


def config(name, kl_weight=0.0, known=VOCABULARY) -> ObjectiveConfig:
    low, high = CLIPS[name]
    return ObjectiveConfig(name, low, high, kl_weight, 1, known)


def batch(drawn, reference=None):
    """Both rows, told with what log-probabilities the answers were drawn.

    Args:
      drawn, reference: by answer and token.
    """
    pairs = list(zip(PROMPTS, ANSWERS, strict=True))
    made = stacked(rows(*pairs[:2], length=LENGTH), rows(pairs[2], length=LENGTH))
    arrays = np.zeros((3, 2, LENGTH), np.float32)
    for n, (row, place) in enumerate(zip(ROWS, PLACES, strict=True)):
        arrays[0, row, place] = ADVANTAGES[n]
        arrays[1, row, place] = drawn[n]
        arrays[2, row, place] = 0 if reference is None else reference[n]
    assert made.layout is not None
    rollout = Rollout(made.layout.segments, made.layout.prompt, *jnp.asarray(arrays))
    return made._replace(layout=rollout)


LOGITS = np.random.default_rng(0).normal(size=(2, LENGTH, VOCABULARY)).astype("f")


def by_hand(logits=LOGITS, known=VOCABULARY):
    """log pi of each answer's tokens, in float64."""
    logits = np.array(logits, np.float64)
    logits[..., Special.PAD] = logits[..., known:] = -np.inf
    likely = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    return [
        likely[row, place][np.arange(len(said)), said]
        for row, place, said in zip(ROWS, PLACES, ANSWERS, strict=True)
    ]


def loss(logits, given, config):
    zeros = jnp.zeros(2, jnp.float32)
    total, parts, sums = objectives.policy_loss(
        SegmentOutput(logits, zeros, zeros),
        given.labels,
        given.layout,
        config,
        objectives.mean_answers(given),
    )
    return total / 2, (parts, sums)


value_and_grad = jax.jit(jax.value_and_grad(loss, has_aux=True), static_argnums=2)


def shifted(shifts):
    """What the answers were drawn with, if by token the present is so much likelier."""
    return [now - shift for now, shift in zip(by_hand(), shifts, strict=True)]


def test_known_tokens_alone_share_the_probability():
    given = batch(by_hand(known=8))
    found = objectives.label_log_probs(jnp.asarray(LOGITS), given.labels, 9)
    for n, wanted in enumerate(by_hand()):
        np.testing.assert_allclose(found[ROWS[n], PLACES[n]], wanted, atol=1e-6)
    assert (found == 0).sum() == found.size - 8
    fewer = objectives.label_log_probs(jnp.asarray(LOGITS), given.labels, 6)
    np.testing.assert_allclose(fewer[0, 2:3], by_hand(known=6)[0][:1], atol=1e-6)


def test_grpo_is_what_its_equation_says():
    """Ratios 1.1 and 1.5 above, 0.9 and 0.5 below; some of them are clipped."""
    ratios = [np.array([1.1, 1.5, 0.5]), np.array([0.5]), np.array([2.0, 0.9, 0.7, 1])]
    given = batch(shifted(map(np.log, ratios)))
    (found, (_, sums)), _ = value_and_grad(jnp.asarray(LOGITS), given, config("grpo"))
    # min(r A, clip(r, 0.8, 1.28) A), token by token.
    first = (1.1 + 1.28 + 0.5) * 1.5 / 3
    second = 0.8 * -0.5
    third = (2.0 + 0.9 + 0.8 + 1.0) * -2.0 / 4
    np.testing.assert_allclose(found, -(first + second + third) / 3, rtol=1e-5)
    assert float(sums.answers) == pytest.approx(3)
    assert float(sums.clipped) == pytest.approx(1 / 3 + 1 + 1 / 4)


def test_gspo_is_what_its_equation_says():
    """The ratio of an answer is the geometric mean of its tokens'."""
    shifts = [np.array([3e-4, 0.0, 0.0]), np.array([-0.1]), np.array([0.4, 0, -0.2, 0])]
    given = batch(shifted(shifts))
    (found, (_, sums)), _ = value_and_grad(jnp.asarray(LOGITS), given, config("gspo"))
    first = np.exp(1e-4) * 1.5
    second = (1 - 3e-4) * -0.5
    third = np.exp(0.05) * -2.0
    np.testing.assert_allclose(found, -(first + second + third) / 3, rtol=1e-5)
    assert float(sums.clipped) == pytest.approx(1)
    # Divergence of what drew from what is, at most the shifts' squares here.
    wanted = [np.mean(np.exp(x) - x - 1) for x in shifts]
    np.testing.assert_allclose(sums.kl_behaviour, sum(wanted), rtol=2e-2)


def test_staying_near_costs_what_the_estimator_says():
    d = [np.array([0.2, -0.1, 0.0]), np.array([0.3]), np.array([0.0, 0.5, -0.5, 0.1])]
    now = by_hand()
    given = batch(now, reference=[a + b for a, b in zip(now, d, strict=True)])
    given_free, _ = value_and_grad(jnp.asarray(LOGITS), given, config("grpo"))
    (found, (_, sums)), _ = value_and_grad(
        jnp.asarray(LOGITS), given, config("grpo", kl_weight=0.7)
    )
    wanted = sum(np.mean(np.exp(x) - x - 1) for x in d)
    np.testing.assert_allclose(found - given_free[0], 0.7 * wanted / 3, rtol=1e-4)
    np.testing.assert_allclose(sums.kl_reference, wanted, rtol=1e-4)
    assert float(given_free[1][1].kl_reference) == 0


@pytest.mark.parametrize("name", objectives.RATIOS)
def test_where_nothing_has_moved_it_is_reinforce_by_length(name):
    """-mean over answers of A / |y| sum_t grad log pi; grad log softmax is known."""
    (_, (_, sums)), grad = value_and_grad(
        jnp.asarray(LOGITS), batch(by_hand()), config(name)
    )
    shown = LOGITS.astype(np.float64)
    shown[..., Special.PAD] = -np.inf
    softmax = np.exp(shown) / np.exp(shown).sum(-1, keepdims=True)
    wanted = np.zeros_like(softmax)
    for n, said in enumerate(ANSWERS):
        here = np.eye(VOCABULARY)[said] - softmax[ROWS[n], PLACES[n]]
        wanted[ROWS[n], PLACES[n]] = -ADVANTAGES[n] / len(said) * here / 3
    np.testing.assert_allclose(grad, wanted, atol=1e-6)
    assert float(sums.kl_behaviour) == pytest.approx(0, abs=1e-6)
    # A prompt, a padding and the last token of an answer are asked nothing.
    asked = np.asarray(batch(by_hand()).labels) != IGNORE_LABEL
    assert (np.asarray(grad)[~asked] == 0).all()


@pytest.mark.parametrize("name", objectives.RATIOS)
def test_what_is_clipped_has_no_gradient(name):
    """Far above with an advantage, far below with the opposite; not the other way."""
    shifts = [np.full(3, 1.0), np.full(1, -1.0), np.full(4, 1.0)]
    given = batch(shifted(shifts))
    _, grad = value_and_grad(jnp.asarray(LOGITS), given, config(name))
    grad = np.asarray(grad)
    assert (grad[0] == 0).all()
    assert (np.abs(grad[1, PLACES[2]]).max(-1) > 0.01).all()


def test_for_answers_of_one_token_both_are_the_same():
    given = batch(shifted([np.full(3, 0.1), np.array([0.1]), np.full(4, 0.1)]))
    same = [ObjectiveConfig(name, 0.2, 0.28, 0.0, 1, 9) for name in objectives.RATIOS]
    _, first = value_and_grad(jnp.asarray(LOGITS), given, same[0])
    _, second = value_and_grad(jnp.asarray(LOGITS), given, same[1])
    place = ROWS[1], PLACES[1]
    np.testing.assert_allclose(first[place], second[place], rtol=1e-5)
    assert np.abs(first[place]).max() > 0.01
