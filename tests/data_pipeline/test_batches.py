"""Batches are taken apart, and nothing of a row is lost."""

import numpy as np
import pytest

from data_pipeline import batches
from data_pipeline.schema import IGNORE_LABEL, Batch, Layout


def examples(count, text):
    rows = np.arange(count * 4, dtype=np.int32).reshape(count, 4)
    layout = Layout(rows % 2, rows > 6) if text else None
    return Batch(rows, rows + 1, np.arange(count, dtype=np.int32), layout)


@pytest.mark.parametrize("text", [False, True])
@pytest.mark.parametrize(("size", "sizes"), [(3, [3, 3, 1]), (7, [7]), (9, [7])])
def test_split_gives_all_rows_in_order(text, size, sizes):
    whole = examples(7, text)
    parts = batches.split(whole, size)
    assert [len(part.inputs) for part in parts] == sizes
    for field in ("inputs", "labels", "puzzle_ids"):
        joined = np.concatenate([getattr(part, field) for part in parts])
        np.testing.assert_array_equal(joined, getattr(whole, field))
    if not text:
        assert all(part.layout is None for part in parts)
        return
    for field in Layout._fields:
        joined = np.concatenate([getattr(part.layout, field) for part in parts])
        np.testing.assert_array_equal(joined, getattr(whole.layout, field))


def test_a_batch_without_answers_has_none_to_learn_from():
    found = batches.unanswered(np.ones((2, 4), np.int32))
    assert (found.labels == IGNORE_LABEL).all() and not found.puzzle_ids.any()
    assert found.puzzle_ids.dtype == np.int32 and found.layout is None
