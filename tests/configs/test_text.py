"""What the presets of text are."""

import jax
import pytest

from configs import text
from data_pipeline.task import Dimensions
from hrm_jax import experiment
from hrm_jax.models import reasoner


def model_of(preset):
    config = text.get_config(preset).copy_and_resolve_references()
    data = config.data
    shape = Dimensions(data.vocab_size, data.seq_len, 1, 0, 1)
    return experiment.train_config(config, shape).model


def parameters(config):
    variables = jax.eval_shape(
        lambda key: reasoner.init_variables(config, key), jax.random.key(0)
    )
    return sum(leaf.size for leaf in jax.tree.leaves(variables.params))


@pytest.mark.parametrize(
    ("preset", "width", "hidden", "layers", "vocabulary", "tables"),
    [
        ("tiny", 128, 384, 4, 1024, 2),
        ("tiny_loop", 128, 384, 4, 1024, 2),
        ("tiny_plain", 128, 384, 4, 1024, 2),
        ("python", 128, 384, 4, 1024, 2),
        ("python_hard", 128, 384, 4, 1024, 2),
        ("base", 768, 2048, 8, 16_384, 1),
    ],
)
def test_parameter_counts(preset, width, hidden, layers, vocabulary, tables):
    # Query, key, value, gate and output; SwiGLU's three; the halting head.
    layer = 5 * width**2 + 3 * width * hidden
    counted = layers * layer + tables * vocabulary * width + 2 * (width + 1)
    assert parameters(model_of(preset)) == counted < 85e6


@pytest.mark.parametrize("preset", text.PRESETS)
def test_the_token_embedding_learns(preset):
    assert model_of(preset).embedding_learns


def test_scoring_the_largest_model_takes_no_more_logits_than_training_it():
    config = text.get_config("base")
    assert config.evaluation.batch_size <= config.slots // config.microbatches
    logits = config.evaluation.batch_size * config.data.seq_len * config.data.vocab_size
    assert 4 * logits < 2 * 2**30, "bytes of float32"
