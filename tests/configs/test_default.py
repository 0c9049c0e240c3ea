"""Fields that follow others: until somebody sets them, and never the other way."""

import pytest

from configs import arc, default, reinforce


def test_a_decay_is_as_long_as_the_training_until_it_is_set():
    config = default.get_config()
    config.train.steps = 70
    assert config.optim.decay_steps == 70
    config.optim.decay_steps = 160
    assert (config.train.steps, config.optim.decay_steps) == (70, 160)


@pytest.mark.parametrize("first", ["puzzle_width", "width"])
def test_puzzle_vectors_are_as_wide_as_the_model_until_they_are_set(first):
    model = arc.get_config("tiny").model
    before = model.width
    assert model.puzzle_width == model.width
    model[first] = 96
    assert model.puzzle_width == 96
    assert model.width == (96 if first == "width" else before)


def test_the_expert_is_what_was_measured():
    """42 minutes of 75 steps, with a rate that would reach its end after 160."""
    config = reinforce.get_config("expert")
    assert (config.train.steps, config.optim.decay_steps) == (75, 160)
