"""What the presets of ARC say, against those of Sudoku and the published sizes."""

import pathlib

import jax
import pytest

from configs import arc, sudoku_extreme
from data_pipeline import fetch
from data_pipeline.arc import codec
from data_pipeline.task import Dimensions
from hrm_jax import experiment, saved_config
from hrm_jax.models import reasoner

CANVAS = Dimensions(codec.VOCAB_SIZE, 900, 10, 1, 30)
MODEL = ("slots", "model.", "halting.", "loss.", "optim.")


@pytest.mark.parametrize(
    ("preset", "parameters"),
    [
        # Those of Sudoku-Extreme, with one more token to read and to write.
        ("arc1_hrm", 27_275_266 + 2 * 512),
        ("arc1_trm", 6_828_034 + 2 * 512),
        # Four layers instead of two; two taps and a bias for each of 1,536 channels.
        (
            "arc1_best",
            6_828_034 + 2 * 512 + 2 * (4 * 512**2 + 3 * 512 * 1536) + 4 * 3 * 1536,
        ),
    ],
)
def test_parameter_counts(preset, parameters):
    config = experiment.train_config(arc.get_config(preset), CANVAS).model
    variables = jax.eval_shape(
        lambda key: reasoner.init_variables(config, key), jax.random.key(0)
    )
    leaves = jax.tree.leaves(variables.params)
    assert sum(leaf.size for leaf in leaves) == parameters


@pytest.mark.parametrize("number", ["1", "2"])
@pytest.mark.parametrize(
    ("model", "sudoku", "more"),
    [
        ("hrm", "hrm", {}),
        (
            "trm",
            "trm_attention",
            {"model.l_cycles": (4, 6), "model.gradient_window": (5, 7)},
        ),
    ],
)
def test_the_recipe_is_that_of_sudoku_but_for_the_decay(number, model, sudoku, more):
    config = arc.get_config(f"arc{number}_{model}").copy_and_resolve_references()
    other = sudoku_extreme.get_config(sudoku).copy_and_resolve_references()
    differ = saved_config.differences(config, other)
    assert differ.pop("optim.decay_steps") == (config.train.steps, other.train.steps)
    assert {k: v for k, v in differ.items() if k.startswith(MODEL)} == more | {
        "optim.weight_decay": (0.1, 1.0),
        "optim.puzzle_learning_rate": (1e-2, 1e-4),
        "optim.puzzle_weight_decay": (0.1, 1.0),
    }


@pytest.mark.parametrize("preset", arc.PRESETS)
def test_every_preset_builds_and_names_what_fetch_brings(preset):
    config = arc.get_config(preset).copy_and_resolve_references()
    size = config.data.max_size
    shape = Dimensions(codec.VOCAB_SIZE, size**2, 10, 1, size)
    experiment.train_config(config, shape)
    experiment.evaluation_config(config)
    experiment.loop_config(config)
    fetched = [fetch.folder(config.data.directory, name) for name in fetch.ARCHIVES]
    named = map(pathlib.Path, config.data.arc_training + config.data.arc_evaluation)
    assert all(any(home in path.parents for home in fetched) for path in named)


def test_tiny_is_a_model_of_its_canvas():
    config = arc.get_config("tiny").copy_and_resolve_references()
    size = config.data.max_size
    shape = Dimensions(codec.VOCAB_SIZE, size**2, 10, 1, size)
    assert experiment.train_config(config, shape).model.seq_len == size**2
