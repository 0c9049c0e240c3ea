import numpy as np
from hypothesis import given, strategies

from data_pipeline.arc import records
from data_pipeline.arc.tasks import Pair, Task
from tests.data_pipeline.arc.made import pairs


def assert_same(task: Task, other: Task):
    assert (task.id, task.file) == (other.id, other.file)
    for ours, theirs in (
        (task.demonstrations, other.demonstrations),
        (task.tests, other.tests),
    ):
        assert len(ours) == len(theirs)
        for pair, copy in zip(ours, theirs, strict=True):
            assert len(pair.grids) == len(copy.grids)
            assert all(map(np.array_equal, pair.grids, copy.grids))


@given(pairs, pairs, strategies.booleans())
def test_a_record_holds_the_whole_task(shown, tests, answered):
    if not answered:
        tests = [Pair(test.input, None) for test in tests]
    task = Task("é1", tuple(shown), tuple(tests), "some file.json")
    assert_same(task, records.decode(records.encode(task)))
