"""Files of ARC tasks: both layouts are read, each way to spoil one is named."""

import copy
import json
import re

import numpy as np
import pytest

from data_pipeline.arc import files
from data_pipeline.schema import UserError
from tests.data_pipeline.arc.made import real_tasks

TASK = {
    "train": [{"input": [[1, 2]], "output": [[2], [1]]}],
    "test": [{"input": [[3]], "output": [[4]]}, {"input": [[5]], "output": [[6]]}],
}
QUESTION = {"train": TASK["train"], "test": [{"input": [[3]]}, {"input": [[5]]}]}


def write(path, content):
    path.parent.mkdir(exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def as_lists(task):
    return {
        key: [
            {
                name: grid.tolist()
                for name, grid in zip(("input", "output"), pair.grids, strict=False)
            }
            for pair in pairs
        ]
        for key, pairs in (("train", task.demonstrations), ("test", task.tests))
    }


def test_one_file_for_all_tasks(tmp_path):
    path = write(tmp_path / "all.json", {"b": TASK, "a": QUESTION | {"name": "a"}})
    b, a = files.read(path)
    assert (b.id, a.id, b.file) == ("b", "a", str(path))
    assert (as_lists(b), as_lists(a)) == (TASK, QUESTION)
    assert b.answered and not a.answered and b.size == 2
    assert b.tests[0].input.dtype == np.uint8


def test_a_folder_of_one_file_a_task(tmp_path):
    """ConceptARC's has a folder for each concept."""
    write(tmp_path / "b.json", TASK)
    write(tmp_path / "concept" / "a.json", QUESTION)
    write(tmp_path / "README.md", "no task")
    a, b = files.read(tmp_path)
    assert (a.id, b.id) == ("a", "b")
    assert a.file == str(tmp_path / "concept" / "a.json")
    assert as_lists(a) == QUESTION


def test_solutions_may_be_for_some_of_the_tasks(tmp_path):
    path = write(tmp_path / "q.json", {"a": QUESTION, "b": QUESTION})
    solutions = write(tmp_path / "s.json", {"b": [[[4]], [[6]]]})
    a, b = files.read(path, solutions)
    assert (as_lists(a), as_lists(b)) == (QUESTION, TASK)


def changed(task, where, value):
    """A task with another value, or none, at a place such as "test.0.input"."""
    task = copy.deepcopy(task)
    *path, last = (int(key) if key.isdigit() else key for key in where.split("."))
    inner = task
    for key in path:
        inner = inner[key]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return task


@pytest.mark.parametrize(
    ("where", "value", "complaint"),
    [
        ("train", None, "there are no demonstration pairs"),
        ("test", [], "there are no test pairs"),
        ("train.0.input", None, "demonstration 1: there is no input"),
        ("train.0.output", None, "demonstration 1: there is no output"),
        ("train.0", [1], "demonstration 1: there is no input"),
        ("test.1.output", None, "test 2: there is no output, though other tests"),
        (
            "test.1.input",
            [[1, 2], [1]],
            "2: the input is no rectangle: the length of row",
        ),
        ("test.0.output", [[1], [2, 3]], "row 1 is 1, that of row 2 is 2"),
        ("test.0.input", [[0]] * 31, "test 1: the input has 31 rows, more than 30"),
        ("test.0.input", [[0] * 31], "test 1: the input has 31 columns, more than 30"),
        ("test.0.input", [[0, 1], [10, 1]], "the input holds 10 at row 2, column 1"),
        ("test.0.input", [[0, -1]], "the input holds -1 at row 1, column 2"),
        ("test.0.input", [[1.0]], "the input holds 1.0 at row 1, column 1"),
        ("test.0.input", [["1"]], 'the input holds "1" at row 1'),
        ("test.0.input", [[True]], "the input holds true at row 1"),
        ("test.0.input", [[[1]]], r"the input holds \[1\] at row 1"),
        ("test.0.input", [], "the input is empty"),
        ("test.0.input", [[]], "the input is empty"),
        ("test.0.input", [1, 2], "the input is no list of rows"),
        ("test.0.input", "1", "the input is no list of rows"),
    ],
)
def test_a_spoiled_task_is_named_with_its_pair(where, value, complaint, tmp_path):
    spoiled = changed(TASK, where, value)
    path = write(tmp_path / "x.json", {"good": TASK, "bad": spoiled})
    with pytest.raises(UserError, match=rf"x\.json, task bad.*{complaint}"):
        files.read(path)
    folder = tmp_path / "folder"
    write(folder / "bad.json", spoiled)
    with pytest.raises(UserError, match=rf"folder/bad\.json, task bad.*{complaint}"):
        files.read(folder)


@pytest.mark.parametrize("name", ["", "../x/y", "/x", "x\\y", "x\x00", "x\n", "\ud800"])
def test_an_id_that_no_file_can_be_called_after_is_named(name, tmp_path):
    path = write(tmp_path / "x.json", {"a b-1.c": TASK, name: TASK})
    told = re.escape(f"{path}, task {json.dumps(name)}: give it an id")
    with pytest.raises(UserError, match=told):
        files.read(path)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{}", "holds no tasks"),
        ("[]", "holds no object of tasks"),
        ('{"a": 1}', "task a: is no object"),
        ('{"a": ', "not sound JSON"),
        ("", "not sound JSON"),
        ("[" * 100_000, "not sound JSON"),
        ('{"a": {}, "b": {}, "a": {}}', "not sound JSON .'a' stands twice"),
        ('{"a": {"train": [], "train": []}}', "'train' stands twice"),
    ],
)
def test_files_that_are_none_are_named(content, complaint, tmp_path):
    path = write(tmp_path / "x.json", content)
    with pytest.raises(UserError, match=rf"x\.json.*{complaint}"):
        files.read(path)


def test_what_is_not_there_or_not_text_is_named(tmp_path):
    with pytest.raises(UserError, match="There is no file .*none.json"):
        files.read(tmp_path / "none.json")
    with pytest.raises(UserError, match=re.escape(f"{tmp_path} holds no tasks")):
        files.read(tmp_path)
    (tmp_path / "x.json").write_bytes(b'{"\xff": 1}')
    with pytest.raises(UserError, match="x.json is not sound JSON"):
        files.read(tmp_path)


def test_two_files_of_one_task_are_named(tmp_path):
    for folder in ("one", "two"):
        write(tmp_path / folder / "a.json", TASK)
    with pytest.raises(UserError, match="called a, one in .*one/a.json.*two/a.json"):
        files.read(tmp_path)


@pytest.mark.parametrize(
    ("solutions", "complaint"),
    [
        ({"c": [[[4]], [[6]]]}, "task c: .*q.json holds no such task"),
        (
            {"a": [[[4]]]},
            "task a: give an output for each test, 2 in all, instead of 1",
        ),
        (
            {"a": 4},
            "task a: give an output for each test, 2 in all, instead of no list",
        ),
        ({"a": [[[4]], [[10]]]}, "task a, test 2: the output holds 10"),
        ({"b": [[[4]], [[7]]]}, "task b, test 2: .*q.json gives another output"),
    ],
)
def test_spoiled_solutions_are_named(solutions, complaint, tmp_path):
    path = write(tmp_path / "q.json", {"a": QUESTION, "b": TASK})
    answers = write(tmp_path / "s.json", solutions)
    with pytest.raises(UserError, match=rf"s\.json, {complaint}"):
        files.read(path, answers)


def test_the_real_files_are_sound(shared_data):
    real = real_tasks(shared_data)
    counts = {name: len(tasks) for name, tasks in real.items()}
    assert counts == {
        "arc1": 400,
        "arc1_evaluation": 400,
        "arc2": 820,
        "arc2_evaluation": 120,
        "concept": 160,
        "concept_minimal": 16,
    }
    unknown = {
        name: sum(not task.answered for task in tasks) for name, tasks in real.items()
    }
    assert {name: n for name, n in unknown.items() if n} == {
        "arc1_evaluation": 400 - 207,
        "arc2_evaluation": 120 - 59,
    }
    raw = json.loads((shared_data / "arc" / "conceptarc.json").read_text())
    assert {task.id: as_lists(task) for task in real["concept"]} == raw
