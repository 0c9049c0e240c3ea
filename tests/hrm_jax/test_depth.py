"""Shorter segments first, and a gradient window that grows, while a model learns."""

import pytest

from configs import default
from data_pipeline import datasets
from data_pipeline.schema import UserError
from hrm_jax import experiment, saved_config


def schedule(steps, depths=(), window=(0, 0)):
    """Of a model of two H-cycles of three L-cycles, with a gradient window of 5."""
    config = default.get_config()
    config.model.update(h_cycles=2, l_cycles=3, gradient_window=5)
    config.train.steps, config.train.depths = steps, depths
    config.train.first_window, config.train.window_steps = window
    whole = experiment.train_config(config, datasets.task(config.data).dimensions)
    return experiment.loop_config(config).schedule(whole.model)


def depths(found, steps):
    models = [found.at(step) for step in range(steps)]
    return [(one.h_cycles, one.l_cycles, one.gradient_window) for one in models]


def test_stages_come_before_the_whole_depth():
    found = schedule(8, ("0.5:1x1", "0.25:2x1"))
    assert depths(found, 8) == [(1, 1, 2)] * 4 + [(2, 1, 4)] * 2 + [(2, 3, 5)] * 2
    assert [found.is_whole(step) for step in range(8)] == [False] * 6 + [True] * 2
    assert schedule(8).is_whole(0)


def test_a_run_that_is_trained_longer_stays_at_its_whole_depth(tmp_path):
    config = default.get_config()
    config.train.steps, config.train.depths = 8, ("0.5:1x1",)
    saved_config.save(config, tmp_path)
    longer = saved_config.load(tmp_path)
    longer.train.steps = 80
    whole = experiment.train_config(longer, datasets.task(longer.data).dimensions)
    found = experiment.loop_config(longer).schedule(whole.model)
    assert [found.is_whole(step) for step in (3, 4, 79)] == [False, True, True]
    longer.train.steps = 4
    with pytest.raises(UserError, match=r"ends at step 4, but train\.steps is 4: the"):
        experiment.loop_config(longer)


def test_a_step_costs_its_calls_and_twice_its_window():
    assert schedule(4, ("0.5:1x1", "0.25:2x1")).costs(4) == [0, 6, 12, 24, 42]


def test_shares_of_stages_add_up_as_they_are_written():
    """0.1 + 0.7 is less than 0.8 to a computer."""
    assert depths(schedule(10, ("0.1:1x1", "0.7:1x2")), 10)[7:9] == [
        (1, 2, 3),
        (2, 3, 5),
    ]


def test_the_gradient_window_grows_by_one_call_after_the_other():
    """From 2 to 5 in 30 steps, as HRM-Text: 2 + int(3 step / 30)."""
    found = schedule(40, window=(2, 30))
    windows = [window for *_, window in depths(found, 40)]
    assert windows == [2] * 10 + [3] * 10 + [4] * 10 + [5] * 10
    assert schedule(40).at(0).gradient_window == 5


def test_a_stage_and_a_growing_window_hold_together():
    found = schedule(40, ("0.5:1x1",), (1, 30))
    windows = [window for *_, window in depths(found, 40)]
    assert windows == [1] * 8 + [2] * 12 + [3] * 3 + [4] * 7 + [5] * 10


@pytest.mark.parametrize(
    ("stages", "message"),
    [
        (("0.5",), r"train\.depths holds '0\.5', but a stage is SHARE:HxL"),
        (("0.5:1x0",), r"holds '0\.5:1x0', but a stage is SHARE:HxL"),
        (("-1:1x1",), r"holds '-1:1x1', but a stage is SHARE:HxL"),
        (("0.5:1x4",), r"'0\.5:1x4', which is deeper than .* model\.l_cycles = 3"),
        (("0.5:3x1",), r"'0\.5:3x1', which is deeper than .*model\.h_cycles = 2"),
        (("0.5:1x1", "0.5:1x2"), r"ends at step 8, but train\.steps is 8"),
        (("0.96:1x1",), "ends at step 8"),
        (("0.6:1x1", "0.3:1x2", "0.1:2x1"), "ends at step 8"),  # less than 1 in floats
    ],
)
def test_stages_that_cannot_be_are_named(stages, message):
    with pytest.raises(UserError, match=message):
        schedule(8, stages)


def test_a_window_that_cannot_grow_is_named():
    with pytest.raises(UserError, match=r"train\.first_window is 7, .*= 5"):
        schedule(40, window=(7, 30))
    with pytest.raises(UserError, match="the gradient window is never whole"):
        schedule(30, window=(2, 30))


def test_stages_of_a_loop_are_of_one_h_cycle():
    config = default.get_config().copy_and_resolve_references()
    config.model.update(recurrence="looped", h_layers=0, h_cycles=1, l_cycles=4)
    config.train.depths = ("0.5:2x1",)
    with pytest.raises(UserError, match=r"deeper than the model with model\.h_cycles"):
        experiment.loop_config(config)
