"""An evaluation that was killed goes on with the batches that it has not seen yet."""

import numpy as np
import pytest

from data_pipeline.schema import Batch, UserError
from eval import runner
from eval.kept import remembering
from eval.protocol import Prediction


def examples(count: int) -> Batch:
    inputs = np.arange(3 * count, dtype=np.int32).reshape(count, 3)
    return Batch(inputs, inputs, np.arange(count, dtype=np.int32))


def asked_for(batch: Batch) -> Prediction:
    ids = batch.puzzle_ids
    return Prediction(batch.inputs + 1, ids, (ids / 8).astype(np.float32))


class Killed(Exception):
    """What ends a process, for a test that has to survive it."""


def predictions(path, die_at: int | None = None) -> tuple[Prediction | None, list]:
    """Of ten examples in batches of four; and the first ids that the model saw."""
    seen = []

    def model(batch: Batch) -> Prediction:
        if len(seen) == die_at:
            raise Killed
        seen.append(int(batch.puzzle_ids[0]))
        return asked_for(batch)

    kept = remembering(model, path)
    try:
        return runner.predict(kept, examples(10), 4, lambda *counts: None), seen
    except Killed:
        return None, seen


def assert_whole(found: Prediction | None) -> None:
    assert found is not None
    for actual, expected in zip(found, asked_for(examples(10)), strict=True):
        np.testing.assert_array_equal(actual, expected)
        assert actual.dtype == expected.dtype


def test_only_what_is_missing_is_asked_again(tmp_path):
    path = tmp_path / "new" / "answers.npy"
    assert predictions(path, die_at=2) == (None, [0, 4])
    found, seen = predictions(path)
    assert seen == [8]
    assert_whole(found)
    again, seen = predictions(path)
    assert seen == []
    assert_whole(again)


@pytest.mark.parametrize("damage", ["cut", "flip", "garbage"])
def test_a_batch_that_is_not_whole_is_asked_again(tmp_path, damage):
    path = tmp_path / "answers.npy"
    predictions(path, die_at=2)
    whole = path.read_bytes()
    if damage == "cut":
        path.write_bytes(whole[:-5])
    elif damage == "flip":
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    else:
        path.write_bytes(whole + b"half a record")
    found, seen = predictions(path)
    assert seen == ([8] if damage == "garbage" else [4, 8])
    assert_whole(found)
    assert predictions(path)[1] == []


def test_a_file_that_cannot_be_written_is_the_users_mistake(tmp_path):
    (tmp_path / "file").write_text("")
    told = "file/answers.npy cannot be written .* or evaluate a copy of the run"
    with pytest.raises(UserError, match=told):
        predictions(tmp_path / "file" / "answers.npy")
