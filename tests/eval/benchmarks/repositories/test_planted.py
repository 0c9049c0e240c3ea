"""Repositories of synthetic tasks: broken as they are, right once the bug is out."""

import pytest

from data_pipeline.programs import generator, render
from data_pipeline.schema import UserError
from eval.benchmarks.problem import Kind
from eval.benchmarks.repositories import planted
from tests.eval.sandbox.conftest import cache, strongest  # noqa: F401


@pytest.fixture(scope="module")
def rows():
    return list(planted.generate("test", 0, 4, 1))


def test_they_are_the_same_again_and_read_as_written(rows, tmp_path):
    assert rows == list(planted.generate("test", 0, 4, 1))
    planted.save(rows, tmp_path / "tasks.jsonl")
    assert planted.load(tmp_path / "tasks.jsonl") == rows


def test_no_two_functions_of_one_are_alike(rows):
    for row in [*rows, *planted.generate("train", 1, 20, 2)]:
        sources = [
            text for path, text in row["files"].items() if not path.startswith("tests/")
        ]
        names = {text.removeprefix("def ").partition("(")[0] for text in sources}
        assert len(names) == len(set(sources)) == 3


def test_files_of_earlier_versions_have_dictionaries_as_pairs(rows, tmp_path):
    planted.save([rows[0] | {"expected": ["[]", '[["a", 1]]']}], tmp_path / "old.jsonl")
    (row,) = planted.load(tmp_path / "old.jsonl")
    assert row["expected"] == ["{}", '{"a": 1}']
    planted.save([rows[0] | {"expected": [1]}], tmp_path / "bad.jsonl")
    with pytest.raises(UserError, match="the results are damaged"):
        planted.load(tmp_path / "bad.jsonl")


@pytest.mark.parametrize("number", range(4))
def test_hidden_calls_see_the_bug_and_nothing_else(rows, number, request):
    sandbox = request.getfixturevalue("strongest")
    row = rows[number]
    assert planted.grade(row, row["files"], sandbox).kind == Kind.WRONG_ANSWER
    seed, _, index = row["id"].removeprefix("planted-2-test-").split("-")
    task = generator.task(int(seed), "test", int(index), 1)
    right = {row["path"]: render.source(task.function, "python")}
    assert planted.grade(row, right, sandbox).passed
    assert not planted.grade(row, {}, sandbox).passed
