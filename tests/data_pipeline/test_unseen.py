"""No run is measured on puzzles that it knows, whatever data are asked for."""

import numpy as np
import pytest

from configs import default
from data_pipeline import datasets, loader
from data_pipeline.schema import UserError
from data_pipeline.unseen import unseen

SUDOKU = {"box_rows": 2, "box_cols": 2, "min_blanks": 4, "max_blanks": 8}
MAZE = {"dataset": "generated_mazes", "maze_rows": 5, "maze_cols": 5, "min_path": 2}


def task(tmp_path, kind, **changes):
    counts = {"num_train": 60, "num_validation": 10, "num_test": 20}
    values = {"directory": str(tmp_path), **kind, **counts, **changes}
    return datasets.task(dict(default.get_config().data) | values)


@pytest.mark.parametrize("kind", [SUDOKU, MAZE])
def test_other_data_are_asked_without_what_a_run_knows(kind, tmp_path):
    """More test puzzles are those that validation had behind them; another seed draws
    few by chance; and of its own ones none is left out."""
    own = task(tmp_path, kind)
    learned = own.prepare()
    assert unseen(learned, learned, own) is learned
    more = task(tmp_path, kind, num_test=30)
    found = unseen(more.prepare(), learned, more)
    test = loader.read_all(found.test, 0)
    np.testing.assert_array_equal(
        test.inputs[:20], loader.read_all(learned.test, 0).inputs
    )
    (told,) = found.left_out
    assert (told.count, told.total) == (30 - len(found.test), 30) and told.count >= 10
    assert "of 30 test puzzles left out: the run was trained on them, or" in str(told)
    again = unseen(found, learned, more)
    assert len(again.test) == len(found.test) and again.left_out == found.left_out


@pytest.mark.parametrize("kind", [SUDOKU, MAZE])
def test_a_run_that_knows_all_is_not_measured(kind, tmp_path):
    other = task(tmp_path, kind, num_train=1, num_validation=0, num_test=79)
    learned = task(tmp_path, kind, num_validation=0).prepare()
    rows = other.prepare()
    part = rows._replace(test=[*learned.train])
    with pytest.raises(UserError, match="60 of 60 test puzzles left out: .* data.seed"):
        unseen(part, learned, other)
