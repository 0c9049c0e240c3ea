"""A report is whole or absent, and everything can be computed again from it."""

import json

import numpy as np
import pytest

from data_pipeline.schema import Batch, UserError
from eval.protocol import Prediction
from eval.report import Report, read, write

REPORT = Report(
    Batch(
        np.array([[1, 2], [3, 1]], np.int32),
        np.array([[2, 2], [3, -100]], np.int32),
        np.array([0, 7], np.int32),
    ),
    Prediction(
        np.array([[2, 2], [4, 4]], np.int32),
        np.array([3, 16], np.int32),
        np.array([0.75, 0.5], np.float32),
    ),
    {
        "exact_match": np.array([True, False]),
        "token_accuracy": np.array([1.0, 0.0]),
        "blank_accuracy": np.array([1.0, np.nan]),
    },
)


def test_every_prediction_is_in_the_file(tmp_path):
    path = tmp_path / "new" / "report.json"
    write(REPORT, path, {"run": "runs/sudoku"})
    read = json.loads(path.read_text())
    assert read["about"] == {"run": "runs/sudoku"}
    assert read["metrics"] == REPORT.metrics()
    assert read["metrics"]["exact_match"] == 0.5
    assert read["metrics"]["blank_accuracy"] == 1.0
    assert read["intervals_95"] == {
        "exact_match": list(REPORT.rate("exact_match").interval())
    }
    assert read["predictions"] == [
        {
            "puzzle_id": 0,
            "inputs": [1, 2],
            "labels": [2, 2],
            "answer": [2, 2],
            "segments": 3,
            "confidence": 0.75,
            "exact_match": True,
            "token_accuracy": 1.0,
            "blank_accuracy": 1.0,
        },
        {
            "puzzle_id": 7,
            "inputs": [3, 1],
            "labels": [3, -100],
            "answer": [4, 4],
            "segments": 16,
            "confidence": 0.5,
            "exact_match": False,
            "token_accuracy": 0.0,
            "blank_accuracy": None,
        },
    ]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "report.json"
    path.write_text("old")
    # A score that ends after one example: the second line cannot be written.
    broken = REPORT._replace(scores=REPORT.scores | {"valid": np.array([True])})
    with pytest.raises(IndexError):
        write(broken, path, {})
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_is_the_users_mistake(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"file/report.json cannot be written \("):
        write(REPORT, tmp_path / "file" / "report.json", {})


def test_what_was_written_is_read(tmp_path):
    path = tmp_path / "report.json"
    rated = REPORT._replace(traits={"rating": np.array([4, 0], np.int32)})
    write(rated, path, {"step": 3})
    found = read(path)
    assert found["about"] == {"step": 3} and found["metrics"] == REPORT.metrics()
    assert [row["rating"] for row in found["predictions"]] == [4, 0]
    assert "rating" not in found["metrics"]


def damaged(about=None, **fields) -> str:
    """A report of one row, with other values in places."""
    row = {"puzzle_id": 0, "inputs": [1], "labels": [2], "exact_match": True}
    row |= {"token_accuracy": 1.0} | fields
    return json.dumps(
        {"predictions": [row], "metrics": {}, "about": {} if about is None else about}
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (None, "cannot be read .*`python main.py evaluate` writes"),
        ("{", "is damaged"),
        ("[]", "is no report"),
        ('{"predictions": [], "metrics": {}}', "is no report"),
        ('{"predictions": [{"inputs": [1]}], "metrics": {}}', "is no report"),
        (damaged(about=[]), "is no report"),
        (damaged(about={"step": "3"}), r"is damaged \(step is '3'\)"),
        (damaged(about={"scores": []}), r"is damaged \(scores is '\[\]'\)"),
        (damaged(inputs=3), r"is damaged \(inputs is '3'\)"),
        (damaged(labels=[[1]]), r"is damaged \(labels is '\[\[1\]\]'\)"),
        (damaged(exact_match="yes"), r"is damaged \(exact_match is 'yes'\)"),
    ],
)
def test_what_is_no_report_is_named(tmp_path, text, complaint):
    path = tmp_path / "other.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UserError, match=f"other.json {complaint}"):
        read(path)
