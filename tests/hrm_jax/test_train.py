"""The order of the training loop."""

import numpy as np

from configs import default
from data_pipeline import datasets
from data_pipeline.schema import Batch
from hrm_jax import experiment, train
from hrm_jax.writer import METRICS_FILE

SLOTS, STEPS = 8, 6


class Stream:
    """Random boards; notes how many records there are whenever it is asked for some."""

    def __init__(self, metrics):
        self._metrics = metrics
        self.records = []

    def __next__(self):
        text = self._metrics.read_text() if self._metrics.exists() else ""
        self.records.append(text.count("\n"))
        cells = np.random.default_rng(0).integers(2, 5, (SLOTS, 16), np.int32)
        return Batch(cells, cells, np.zeros(SLOTS, np.int32))

    def get_state(self):
        return {"drawn": len(self.records)}

    def set_state(self, state):
        raise AssertionError("nothing was saved before")


def test_a_step_is_reported_once_the_next_one_is_on_its_way(tmp_path):
    """A step empties the queue, so that a batch is drawn before each of them."""
    config = default.get_config().copy_and_resolve_references()
    config.slots = SLOTS
    config.data.box_rows = config.data.box_cols = 2
    config.data.min_blanks = config.data.max_blanks = 8
    config.model.width = 24
    config.model.l_layers = 1
    config.model.feed_forward_multiple = 8
    config.halting.max_segments = 1
    config.train.steps = STEPS
    config.train.log_every = 1
    config.train.save_every = 4
    stream = Stream(tmp_path / METRICS_FILE)
    outcome = train.train(
        experiment.train_config(config, datasets.task(config.data).dimensions),
        experiment.loop_config(config),
        tmp_path,
        stream,
        evaluator=None,
    )
    assert outcome == (STEPS, None)
    # But before a checkpoint, and at the end, everything is written.
    assert stream.records == [0, 0, 1, 2, 4, 4]
    assert (tmp_path / METRICS_FILE).read_text().count("\n") == STEPS
