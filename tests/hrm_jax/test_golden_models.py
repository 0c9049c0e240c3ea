"""HRM and TRM against PyTorch's: what they think, when they halt, how they learn."""

from functools import partial

from tests.hrm_jax import replay
from tests.hrm_jax.golden import Golden, covers, train_config


def recorded_config(golden: Golden):
    return train_config(golden.json("meta/config"), golden.json("meta/train_hyper"))


@covers("meta/", "w/", "batch/", "eval/")
def test_segments(golden):
    config = recorded_config(golden)
    golden.hold(partial(replay.evaluation, golden, config, 4), config)


@covers("act/")
def test_slots_halt_and_take_new_examples(golden):
    config = recorded_config(golden)
    golden.hold(partial(replay.slots, golden, config), config)


@covers("grad/", "train/", "after3", "ema3")
def test_three_steps_of_training(golden):
    config = recorded_config(golden)
    golden.hold(partial(replay.training, golden, config), config)
