"""What the presets of mazes weigh and cost, on the boards that they are made for."""

import functools

import jax
import pytest

from configs import maze_hard
from hrm_jax import experiment
from hrm_jax.models import cost, reasoner
from hrm_jax.models.config import ReasonerConfig

PARAMETERS = {
    "tiny": 37_538,
    # Those of Sudoku-Extreme, with five tokens fewer to read and to write.
    "hrm": 27_275_266 - 10 * 512,
    "trm_attention": 6_828_034 - 10 * 512,
    "best": 6_822_914,
}


def model(preset: str) -> ReasonerConfig:
    return experiment.model_config(maze_hard.get_config(preset))


@pytest.mark.parametrize("preset", maze_hard.PRESETS)
def test_each_preset_builds_and_weighs_what_its_head_says(preset):
    config = model(preset)
    assert config.seq_len == (36 if preset == "tiny" else 900)
    shapes = jax.eval_shape(
        functools.partial(reasoner.init_variables, config), jax.random.key(0)
    )
    weight = sum(leaf.size for leaf in jax.tree.leaves(shapes.params))
    assert weight == PARAMETERS[preset]


def test_best_costs_what_trm_costs():
    ours, theirs = (cost.training_flops(model(p)) for p in ("best", "trm_attention"))
    assert abs(ours / theirs - 1) < 0.03


@pytest.mark.parametrize("preset", ["tiny", "best"])
def test_a_flood_can_go_all_the_way_and_back(preset):
    """A block carries news from a cell to the next: goal to start, then the trace."""
    config = maze_hard.get_config(preset)
    steps = config.halting.max_segments * config.model.l_cycles * config.model.l_layers
    assert steps >= 2 * config.data.min_path
