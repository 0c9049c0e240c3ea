"""Synthetic tasks as rows of text."""

import numpy as np
import pytest

from configs import default
from data_pipeline import datasets, loader
from data_pipeline.programs import scenarios
from data_pipeline.progress import Progress
from data_pipeline.schema import UserError
from data_pipeline.text import rows
from data_pipeline.text.lintseq import sequence as lintseq
from data_pipeline.text.task import TextTask
from tests.data_pipeline.text.test_task import examples_in


def programs(tmp_path, **changes) -> TextTask:
    config = default.get_config().data
    values = {
        "dataset": "programs",
        "directory": str(tmp_path),
        "num_train": 60,
        "num_validation": 4,
        "num_test": 6,
        "vocab_size": 600,
    }
    config.update(values | changes)
    task = datasets.task(config)
    assert isinstance(task, TextTask)
    return task


def test_preparing_tells_how_many_examples_are_left(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(Progress, "_SECONDS_BETWEEN_LINES", 0.0)
    programs(tmp_path).prepare()
    told = capsys.readouterr().err
    assert "Examples for the train split: 60 of 60\n" in told
    assert "Examples for the test split: 5 of 6, 0:00:00 left\n" in told


def expected(split, count, **choices):
    for index in range(count):
        example = scenarios.draw(0, split, index, **choices).example
        yield (
            f"<|{example.language}|>{example.prompt}<|answer|>".encode(),
            f"{example.response}<|end|>".encode(),
        )


def test_rows_are_the_scenes_of_their_split(tmp_path):
    choices = {"languages": ("python", "go"), "scenarios": ("write", "repair")}
    task = programs(tmp_path, **choices, level=2, seq_len=1024)
    dataset = task.prepare()
    assert not dataset.left_out and not dataset.sources
    batch = dataset.train.drawn_by(0)(np.arange(len(dataset.train)))
    wanted = sorted(expected("train", 60, level=2, **choices))
    assert sorted(examples_in(batch, task.tokenizer)) == wanted
    batch, levels = loader.read_rated(dataset.test, 0)
    found = list(examples_in(batch, task.tokenizer))
    assert found == list(expected("test", 6, level=2, **choices))
    assert levels.tolist() == [2] * 6
    assert task.name == "1024-token rows of synthetic tasks"


def test_tokens_are_fewer_than_bytes_in_every_language(tmp_path):
    task = programs(tmp_path, num_train=200, vocab_size=1024)
    for language in ("cpp", "go", "java", "javascript", "python", "rust"):
        found = list(expected("test", 5, languages=(language,)))
        bytes_, tokens = (
            sum(len(measured(text)) for pair in found for text in pair)
            for measured in (bytes, task.tokenizer.encode)
        )
        assert tokens < bytes_ / 2.2


def test_python_programs_are_written_by_edits_where_it_is_wanted(tmp_path):
    choices = {"languages": ("python", "go"), "scenarios": ("write",)}
    drawn = dict(expected("test", 25, **choices))
    task = programs(tmp_path, **choices, edits=0.5, seq_len=1024, num_test=25)
    batch = loader.read_all(task.prepare().test, 0)
    found = dict(examples_in(batch, task.tokenizer))
    assert found.keys() == drawn.keys()
    told = {asked for asked in found if b"<|edit|>" in found[asked]}
    for asked in found:
        if asked in told:
            edits = found[asked].decode().removesuffix("<|end|>")
            program = drawn[asked].decode().removesuffix("<|end|>")
            assert asked.startswith(b"<|python|>") and "def " in program
            assert lintseq.written(edits) == program
        else:
            assert found[asked] == drawn[asked]
    assert 1 < len(told) < sum(asked.startswith(b"<|python|>") for asked in found)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"edits": -0.5}, "data.edits is -0.5, but it must be from 0 to 1"),
        ({"scenarios": ("write", "sing")}, "data.scenarios is .* some of write, infer"),
        ({"order": ("write", "write")}, "data.order is .* each once"),
        ({"order": ("write",)}, "data.order is .* data.curriculum .* above 0"),
        ({"direction": "up"}, "data.direction is 'up', .* one of forward, backward"),
        (
            {"dataset": "generated", "direction": "backward"},
            "only synthetic tasks have",
        ),
        ({"level": 4}, "data.level is 4, but it must be one of 1, 2, 3, or 0"),
    ],
)
def test_values_out_of_range_are_told(change, sentence, tmp_path):
    with pytest.raises(UserError, match=sentence):
        programs(tmp_path, **change)


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_plan_stands_on_its_side_of_the_program(tmp_path, where):
    task = programs(tmp_path, plan=where, scenarios=("write",), seq_len=1024)
    found = examples_in(loader.read_all(task.prepare().test, 0), task.tokenizer)
    codes = expected("test", 6, scenarios=("write",))
    for (_, answer), (_, code) in zip(found, codes, strict=True):
        code = code.removesuffix(b"<|end|>")
        sketch, other = answer.removesuffix(b"<|end|>").split(code)
        if where == "after":
            sketch, other = other, sketch
        assert not other and len(sketch.splitlines()) >= 2
        assert all(line.startswith((b"#", b"//")) for line in sketch.splitlines())


ORDERED = {"scenarios": ("write", "repair", "plan"), "languages": ("python",)}


def said(rows_of_text, task):
    return [answer for _, answer in examples_in(rows_of_text, task.tokenizer)]


def test_an_order_of_scenarios_moves_the_same_examples(tmp_path):
    """Of a level, from 1; a test split has its own difficulties as ever."""
    mixed = programs(tmp_path, **ORDERED, seq_len=512)
    order = {"order": ("repair", "write"), "curriculum": 1}
    task = programs(tmp_path, **ORDERED, **order, seq_len=512)
    assert task.rows_digest != mixed.rows_digest
    train = task.prepare().train
    first, second = (
        train.drawn_by(0)(np.arange(epoch * len(train), (epoch + 1) * len(train)))
        for epoch in (0, 1)
    )
    stages = []
    for asked, answer in examples_in(first, task.tokenizer):
        repairs = b"This is wrong: " in asked
        stages.append(1 if repairs else 3 if b"Plan it." in asked else 2)
        assert (stages[-1] == 3) == answer.startswith(b"# ")
    assert stages == sorted(stages) and set(stages) == {1, 2, 3}
    assert said(second, task) != said(first, task)
    assert sorted(said(second, task)) == sorted(said(first, task))
    other = mixed.prepare().train
    everything = other.drawn_by(0)(np.arange(len(other)))
    assert sorted(said(everything, mixed)) == sorted(said(first, task))


def test_backward_rows_are_the_forward_ones_turned(tmp_path):
    """In every split, so that what is kept apart stays apart; of the same tokens."""
    ahead, back = (
        programs(tmp_path, **ORDERED, seq_len=512, direction=direction)
        for direction in ("forward", "backward")
    )
    assert back.rows_digest != ahead.rows_digest
    assert back.examples_digest != ahead.examples_digest
    assert back.tokenizer.sha256 == ahead.tokenizer.sha256
    found, wanted = (
        [one.tokens.tolist() for one in examples]
        for examples in (
            map(rows.turned, back.training_examples()),
            ahead.training_examples(),
        )
    )
    assert found == wanted
    found, wanted = (loader.read_all(task.prepare().test, 0) for task in (back, ahead))
    assert len(found.inputs) == len(wanted.inputs) == 6
    for ours, theirs in zip(found.inputs, wanted.inputs, strict=True):
        assert sorted(ours) == sorted(theirs)
        assert ours.tolist() != theirs.tolist() and ours[0] == theirs[0]
