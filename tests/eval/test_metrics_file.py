"""Whatever a crash left of a run's metrics can be read."""

import json

import pytest

from data_pipeline.schema import UserError
from eval import metrics_file


def test_damage_costs_only_the_damaged_line(tmp_path):
    path = tmp_path / "metrics.jsonl"
    lines = [
        json.dumps({"step": 20, "seconds": 3.5, "train/answer_loss": 2.0}),
        '{"step": 30, "train/answer_loss": 1.9',
        "",
        "[1, 2]",
        '"step"',
        '{"train/answer_loss": 7}',
        '{"step": "40", "train/answer_loss": 7}',
        '{"step": true, "train/answer_loss": 7}',
        f'{{"step": 1{"0" * 400}, "train/answer_loss": 7}}',
        f'{{"step": 60, "train/answer_loss": 1{"0" * 400}}}',
        f'{{"step": 60, "train/answer_loss": 1{"0" * 5000}}}',
        '{"step": 60, "train/answer_loss": NaN, "eval/exact_match": 0.25}',
        '{"step": 40, "train/answer_loss": 1.5, "note": "x", "eval/exact_match": null}',
        '{"step": 20, "train/answer_loss": 2.5}',
    ]
    path.write_bytes("\n".join(lines).encode() + b'\n{"step": 80, "train/\xff\x00')
    series = metrics_file.read(path)
    read = {name: dict(zip(*s, strict=True)) for name, s in series.items()}
    assert read == {
        "seconds": {20: 3.5},
        "train/answer_loss": {20: 2.5, 40: 1.5},
        "eval/exact_match": {60: 0.25},
    }
    assert list(series["train/answer_loss"].steps) == [20, 40]


def test_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"metrics.jsonl cannot be read \(No such file"):
        metrics_file.read(tmp_path / "metrics.jsonl")


def test_empty_file_is_named(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"step": 1')
    with pytest.raises(UserError, match="holds no record yet"):
        metrics_file.read(path)
