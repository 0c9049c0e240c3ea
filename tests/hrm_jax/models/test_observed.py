"""What matrices see, held against a derivative that is made of the same inputs."""

import dataclasses

import jax
import numpy as np
import pytest

from data_pipeline.schema import Batch
from hrm_jax.models import matrices, observed, reasoner
from tests.hrm_jax.models.small import draw, init_variables, looped, small


def _seen(config, segments, batches=2):
    variables = init_variables(config, jax.random.key(1))
    drawn = [draw(config, key) for key in range(batches)]
    rows = drawn[0][2]
    examples = [Batch(inputs, inputs, inputs[:, 0]) for _, inputs, _ in drawn]
    begin = [latents for latents, _, _ in drawn]
    found = observed.grams(
        config, variables, [rows] * batches, examples, begin, segments
    )
    return variables, drawn, rows, found


@pytest.mark.parametrize("config", [small(h_layers=1), looped()], ids=["h", "looped"])
def test_every_matrix_of_the_blocks_is_seen_and_no_other(config):
    variables, _, _, found = _seen(config, 2)
    expected = matrices.of(variables.params)
    assert found.keys() == expected.keys()
    for name, gram in found.items():
        rows = expected[name].shape[0]
        assert gram.shape == (rows, rows)
        np.testing.assert_allclose(gram, gram.T, rtol=1e-5, atol=1e-6)
        assert np.linalg.eigvalsh(gram).min() > -1e-5


def test_changes_of_a_matrix_change_its_outputs_as_its_gram_says():
    """For one call of a module, E|x d|^2 = d^T G d: seen where x enters, the first
    product of the first block, whose input is known."""
    config = dataclasses.replace(looped(), l_cycles=1, gradient_window=1)
    variables, drawn, rows, found = _seen(config, 1)
    inputs = []
    for latents, tokens, _ in drawn:
        embedded = reasoner.Reasoner(config).apply(
            variables._asdict(), tokens, rows, method=reasoner.Reasoner.embed
        )
        inputs.append(np.asarray(latents.z_h + embedded).reshape(-1, config.width))
    x = np.concatenate(inputs).astype(np.float64)
    np.testing.assert_allclose(
        found["l_module/block_0/attention/qkv"], x.T @ x / len(x), rtol=1e-5, atol=1e-5
    )


def test_more_segments_are_seen_as_well():
    one, two = (_seen(looped(), segments)[3] for segments in (1, 2))
    name = "l_module/block_0/mlp/down"
    assert not np.allclose(one[name], two[name], rtol=1e-3)
