"""Tasks of files, prepared once and read back."""

import json

import pytest

from data_pipeline.arc import files, library
from data_pipeline.schema import UserError
from tests.data_pipeline.arc.test_records import assert_same


def pair(*cells):
    return {"input": [list(cells)], "output": [list(cells[::-1])]}


TASK = {"train": [pair(1, 2), pair(3, 4, 5)], "test": [pair(6, 7)]}
OPEN = {"train": [pair(1, 9)], "test": [{"input": [[8, 0]]}, {"input": [[2]]}]}


@pytest.fixture
def where(tmp_path):
    folder = tmp_path / "training"
    folder.mkdir()
    for name in ("b", "a"):
        (folder / f"{name}.json").write_text(json.dumps(TASK))
    # So many that an order by chance would be seen.
    exam = {f"e{n}": OPEN for n in (7, 3, 5, 1, 9, 2, 8)}
    (tmp_path / "exam+1.json").write_text(json.dumps(exam))
    (tmp_path / "more.json").write_text(json.dumps({"c": OPEN}))
    (tmp_path / "answers.json").write_text(json.dumps({"c": [[[0, 8]], [[2]]]}))
    return library.origins(
        {
            "training": [str(folder)],
            "evaluation": [
                f"{tmp_path}/exam+1.json",
                f"{tmp_path}/more.json+{tmp_path}/answers.json",
            ],
        }
    )


def test_what_the_files_hold_is_read_back_in_order(where, tmp_path, capsys):
    for preparing in (True, False):
        found = library.tasks(where, tmp_path / "data")
        assert ("Preparing" in capsys.readouterr().out) == preparing
        for split, origins in where.items():
            expected = [task for origin in origins for task in files.read(*origin)]
            for task, copy in zip(expected, found[split], strict=True):
                assert_same(task, copy)
    assert [task.id for task in found["training"]] == ["a", "b"]
    assert found["evaluation"][-1].answered and not found["evaluation"][0].answered


def test_another_answer_is_another_set(where, tmp_path):
    library.tasks(where, tmp_path / "data")
    path = tmp_path / "answers.json"
    before = library.sources(where, tmp_path / "data")
    path.write_text(json.dumps({"c": [[[0, 8]], [[3]]]}))
    after = library.sources(where, tmp_path / "data")
    changed = {
        name
        for split in before
        for name in before[split]
        if before[split][name] != after[split][name]
    }
    assert changed == {str(path)}
    task = library.tasks(where, tmp_path / "data")["evaluation"][-1]
    assert task.tests[1].output.tolist() == [[3]]


def test_a_folder_has_a_checksum_of_all_that_is_in_it(where, tmp_path):
    def sha():
        (found,) = library.sources(where, tmp_path / "data")["training"].values()
        return found

    before = sha()
    (tmp_path / "training" / "a.json").write_text(json.dumps(TASK) + " ")
    changed = sha()
    (tmp_path / "training" / "a.json").rename(tmp_path / "training" / "c.json")
    assert len({before, changed, sha()}) == 3


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"data\.arc_training names .*none\.json, "):
        library.origins({"training": [str(tmp_path / "none.json")]})


def test_what_can_be_fetched_says_so(tmp_path):
    missing = f"{tmp_path}/downloads/conceptarc/corpus"
    with pytest.raises(UserError, match="run `python main.py fetch conceptarc`, or"):
        library.origins({"training": [missing]})
