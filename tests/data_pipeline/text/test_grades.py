"""Grades of examples: equal shares, and files that do not belong to the data."""

import numpy as np
import pytest

from data_pipeline.schema import UserError
from data_pipeline.text import grades
from data_pipeline.text.example import Example


def test_each_grade_has_a_tenth_in_the_order_of_the_losses():
    losses = np.random.default_rng(0).permutation(100) / 7
    found = np.array(grades.of_losses(losses))
    assert np.bincount(found).tolist() == [0] + 10 * [10]
    assert (np.diff(found[np.argsort(losses)]) >= 0).all()


def test_what_cannot_be_graded_is_the_hardest():
    assert grades.of_losses(np.array([np.inf, 2.0, 1.0])) == [7, 4, 1]


def test_are_read_as_they_were_written(tmp_path):
    path = tmp_path / "grades.json"
    path.write_text(grades.to_json("abc", [1, 10, 5]))
    assert grades.load(path, "abc") == [1, 10, 5]
    with pytest.raises(UserError, match="which grades other examples than these"):
        grades.load(path, "abd")


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"examples": "abc", "grades": [0]}', '{"examples": "abc"}'],
)
def test_a_file_of_something_else_is_named(tmp_path, content):
    path = tmp_path / "grades.json"
    path.write_text(content)
    with pytest.raises(UserError, match=r"grades\.json, which cannot be read as"):
        grades.load(path, "abc")


def test_there_are_as_many_grades_as_examples(tmp_path):
    path = tmp_path / "grades.json"
    examples = [Example("python", "", text) for text in "abc"]
    found = grades.graded(examples, [1, 10, 5], path)
    assert [one.difficulty for one in found] == [1, 10, 5]
    for given, sentence in (
        ([1, 2], "has 2 grades, but there are more training"),
        ([1] * 4, "has 4 grades, but there are fewer training"),
    ):
        with pytest.raises(UserError, match=sentence):
            list(grades.graded(examples, given, path))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match="No such file"):
        grades.load(tmp_path / "none.json", "abc")
