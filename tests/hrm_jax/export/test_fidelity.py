"""Fidelity and what the quantiser chooses by it, on a model small enough to check."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_pipeline.schema import IGNORE_LABEL, Batch
from hrm_jax import inference
from hrm_jax.export import fidelity, trajectory
from hrm_jax.export.quantizer import Quantizer
from hrm_jax.halting import HaltingConfig
from hrm_jax.models import matrices
from hrm_jax.predictor import Weights
from kernels.quantized_matmul import Quantized
from tests.hrm_jax.models.small import init_variables, small

SEGMENTS = 4
CONFIG = small(width=32, feed_forward_multiple=32, h_layers=1)
HALTING = HaltingConfig(
    max_segments=SEGMENTS,
    exploration_prob=0.0,
    min_confidence=0.5,
    residual=0.0,
    q_learning=False,
)


@pytest.fixture(scope="module")
def weights(batches, follow):
    """With halting logits on both sides of 0."""
    weights = Weights(init_variables(CONFIG, jax.random.key(0)), None)
    head = weights.variables.params["halt_head"]
    head["kernel"] = jax.random.normal(jax.random.key(1), head["kernel"].shape)
    middle = jnp.median(follow(weights, batches[0]).q_halt_logit)
    head["bias"] = head["bias"] - middle
    return weights


@pytest.fixture(scope="module")
def batches():
    rng = np.random.default_rng(0)
    tokens = rng.integers(1, CONFIG.vocab_size, (2, 6, CONFIG.seq_len)).astype(np.int32)
    ids = np.zeros(6, np.int32)
    return [jax.tree.map(jnp.asarray, Batch(one, one, ids)) for one in tokens]


@pytest.fixture(scope="module")
def follow():
    return trajectory.follower(CONFIG, SEGMENTS, seed=0)


def test_a_trajectory_ends_where_inference_ends(weights, batches, follow):
    found = follow(weights, batches[0])
    answers = inference.answer(CONFIG, *weights, batches[0], SEGMENTS)
    np.testing.assert_array_equal(found.answers[-1], answers.tokens)
    halted = inference.answer_until_halted(CONFIG, HALTING, *weights, batches[0], 3)
    segments = trajectory.halting_segments(found, HALTING)
    assert len(set(segments.tolist())) > 1, "some halt earlier than others"
    np.testing.assert_array_equal(segments, halted.segments)


def test_the_model_itself_loses_nothing(weights, batches, follow):
    itself = {"itself": weights.variables}
    found = fidelity.measure(follow, HALTING, weights, itself, batches)
    summary = found["itself"].summary(found["float"])
    assert summary["same_answer"] == 1 and summary["points_over_float"] == 0
    assert summary["shift"] == 0 and summary["p_value"] == 1
    np.testing.assert_allclose(summary["carry_cosine"], np.ones(SEGMENTS), rtol=1e-5)
    assert len(found["itself"].solved) == 12


def test_solved_is_counted_by_labels_alone(weights, batches, follow):
    """Labels made of the answers are all right, but for one that is made wrong."""
    answers = np.array(follow(weights, batches[0]).answers[-1])
    labels = answers.copy()
    labels[:, :5] = IGNORE_LABEL
    labels[2, 7] = (labels[2, 7] + 1) % CONFIG.vocab_size
    batch = batches[0]._replace(labels=jnp.asarray(labels))
    found = fidelity.measure(follow, HALTING, weights, {}, [batch])["float"]
    np.testing.assert_array_equal(found.solved, np.arange(6) != 2)
    cells = CONFIG.seq_len - 5
    assert found.tokens_right[2] == pytest.approx(1 - 1 / cells)


@pytest.mark.slow
def test_fewer_bits_are_further_away_and_calibration_brings_them_back(
    weights, batches, follow
):
    quantizer = Quantizer(CONFIG, weights, batches, SEGMENTS, seed=0)
    variants = {
        f"{bits} {rounding}": matrices.dequantized(
            quantizer.quantized(bits, rounding, 32)
        )
        for bits in (8, 4)
        for rounding in ("nearest", "calibrated")
    }
    found = fidelity.measure(follow, HALTING, weights, variants, batches)
    harm = {name: 1 - one.cosine[-1] for name, one in found.items()}
    assert harm["8 calibrated"] < harm["8 nearest"] < harm["4 calibrated"]
    assert harm["4 calibrated"] < 0.7 * harm["4 nearest"]


@pytest.mark.slow
def test_the_sensitive_matrices_get_more_bits(weights, batches):
    quantizer = Quantizer(CONFIG, weights, batches, SEGMENTS, seed=0)
    stored = matrices.of(quantizer.quantized(4, "mixed", 32).params)
    bits = {name: matrix.bits for name, matrix in stored.items()}
    assert set(bits.values()) == {4, 8}, "random weights are sensitive: some, not all"
    few = matrices.of(quantizer.quantized(4, "calibrated", 32).params)
    harm = quantizer.sensitivity(few)
    by_byte = {name: harm[name] / few[name].nbytes for name in few}
    relieved = [by_byte[name] for name in few if bits[name] == 8]
    assert min(relieved) > max(by_byte[name] for name in few if bits[name] == 4)


def test_only_the_blocks_are_rounded(weights, batches):
    quantizer = Quantizer(CONFIG, weights, batches, SEGMENTS, seed=0)
    params = quantizer.quantized(8, "nearest", 32).params
    for name in ("token_embedding", "answer_head", "halt_head"):
        assert not any(isinstance(leaf, Quantized) for leaf in params[name].values())
    whole = matrices.of(weights.variables.params)
    rounded = matrices.of(params)
    assert rounded.keys() == whole.keys()
    assert all(isinstance(leaf, Quantized) for leaf in rounded.values())
    size = sum(matrix.size for matrix in whole.values())
    saved = matrices.nbytes(weights.variables) - matrices.nbytes(
        weights.variables._replace(params=params)
    )
    assert 2.8 * size < saved < 3 * size
