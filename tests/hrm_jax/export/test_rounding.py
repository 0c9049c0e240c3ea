"""Rounding, held against what it promises: outputs, not weights."""

import itertools

import numpy as np
import pytest

from hrm_jax.export import rounding
from kernels import quantized_matmul


def _inputs(rng, rows, width):
    """Correlated ones, as activations are."""
    mix = rng.normal(size=(width, width)) * np.geomspace(1, 0.05, width)
    return rng.normal(size=(rows, width)) @ mix


def _error(x, w, rounded):
    return np.square(x @ (np.asarray(quantized_matmul.dequantize(rounded)) - w)).mean()


@pytest.mark.parametrize("bits, block", [(4, 32), (4, 64), (8, None)])
def test_calibrated_numbers_answer_closer_than_the_nearest(bits, block):
    rng = np.random.default_rng(0)
    x = _inputs(rng, 4000, 128)
    w = rng.normal(size=(128, 48)).astype(np.float32)
    gram = x[:2000].T @ x[:2000] / 2000
    nearest = rounding.nearest(w, bits, block)
    calibrated = rounding.calibrated(w, gram, bits, block)
    quantized_matmul.check(calibrated)
    # On inputs that it was not calibrated on.
    assert _error(x[2000:], w, calibrated) < 0.5 * _error(x[2000:], w, nearest)


def test_gptq_is_the_best_of_all_roundings_of_a_column_or_nearly():
    """Two numbers a weight, up or down, of four weights: all can be tried."""
    rng = np.random.default_rng(1)
    better, worse = [], []
    for _ in range(20):
        x = rng.normal(size=(200, 32))
        x[:, 28:] += 3 * rng.normal(size=(200, 1))
        w = np.zeros((32, 1), np.float32)
        w[28:, 0] = rng.normal(size=4)
        w[0, 0] = 7  # fixes the scale at about 1
        gram = x.T @ x / 200
        found = rounding.calibrated(w, gram, 4, 32)
        scale = float(np.asarray(found.scales)[0, 0])
        numbers = w[:, 0].copy()
        errors = []
        for ups in itertools.product((0, 1), repeat=4):
            numbers[28:] = (np.floor(w[28:, 0] / scale) + ups) * scale
            numbers[0] = np.round(7 / scale) * scale
            errors.append(np.square(x @ (numbers - w[:, 0])).mean())
        better.append(_error(x, w, found) / min(errors))
        worse.append(_error(x, w, rounding.nearest(w, 4, 32)) / min(errors))
    assert np.mean(better) < 2 and np.mean(worse) > 4


def test_uncorrelated_inputs_want_the_nearest_number():
    rng = np.random.default_rng(2)
    w = rng.normal(size=(64, 8)).astype(np.float32)
    nearest = rounding.nearest(w, 8)
    calibrated = rounding.calibrated(w, np.eye(64), 8)
    np.testing.assert_array_equal(calibrated.values, nearest.values)
    np.testing.assert_allclose(calibrated.scales, nearest.scales, rtol=1e-6)


def test_a_matrix_of_zeros_stays_one():
    found = rounding.calibrated(np.zeros((32, 4), np.float32), np.eye(32), 4, 32)
    assert not np.asarray(quantized_matmul.dequantize(found)).any()


def test_inputs_that_never_come_do_not_count():
    rng = np.random.default_rng(3)
    w = rng.normal(size=(32, 4)).astype(np.float32)
    gram = np.zeros((32, 32))
    found = rounding.calibrated(w, gram, 4, 32)
    assert np.isfinite(np.asarray(found.scales)).all()
