"""Curves cut into stretches, and what counts as the same."""

import pytest

from bench import learning_curves
from bench.learning_curves import STRETCHES, Curve


def lines(steps):
    for step in range(20, steps + 1, 20):
        yield {"step": step, "train/answer_loss": float(step)}
        if step % 40 == 0:
            yield {"step": step, "eval/exact_match": step / 1000}


def test_each_stretch_is_the_mean_of_its_steps():
    steps = 20 * 2 * STRETCHES
    found = list(lines(steps))
    found[-2]["train/mean_segments"] = 3.0
    curve = learning_curves.curve(found, steps)
    assert curve.losses == [40.0 * i + 30 for i in range(STRETCHES)]
    assert curve.solved == [(40.0 * i + 40) / 1000 for i in range(STRETCHES)]
    assert curve.segments == 3.0


@pytest.mark.parametrize(
    ("second", "verdict"), [([2.0, 4.0], "yes"), ([3.1, 4.0], "no")]
)
def test_ranges_that_touch_count_as_the_same(second, verdict):
    def curves(values):
        return [Curve([v] * STRETCHES, [v] * STRETCHES, 2.0) for v in values]

    both = {"first": curves([1.0, 3.0]), "second": curves(second)}
    rows = learning_curves.table(both, 80)
    assert rows[1][0] == "loss, steps 1 to 10"
    assert rows[1][1] == "2.000 (1.000 - 3.000)"
    assert [row[-1] for row in rows[1:]] == 2 * [verdict] * STRETCHES + ["yes"]
