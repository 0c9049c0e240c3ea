"""Synthetic tasks as rows of text."""

import numpy as np
import pytest

from configs import default
from data_pipeline import datasets, loader
from data_pipeline.programs import scenarios
from data_pipeline.schema import UserError
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
        ({"edits": -0.5}, "data.edits is -0.5, but it must be a share from 0 to 1"),
        ({"scenarios": ("write", "sing")}, "data.scenarios is .* some of write, infer"),
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
