"""Text as a task: prepared once, read in an order that a seed and a place decide."""

import collections

import numpy as np
import pytest

from configs import default
from data_pipeline import loader
from data_pipeline.config import DataConfig
from data_pipeline.schema import IGNORE_LABEL, UserError
from data_pipeline.task import Sampler
from data_pipeline.text.example import Example
from data_pipeline.text.task import TextTask
from data_pipeline.text.tokenizer import Tokenizer

COUNTS = {"train": 60, "validation": 4, "test": 6}


class Sums:
    """Additions in Python; one in ten is long."""

    name = "sums"
    recipe = {"sums": 1}
    sources = {"nowhere": "0" * 64}

    def __init__(self):
        self.made = collections.Counter()

    def files(self):
        return {}

    def count(self, split):
        return COUNTS[split]

    def left_out(self):
        return ()

    def notes(self):
        return ()

    def texts(self):
        for example in self.examples("train", None):
            yield from (example.prompt, example.response)

    def examples(self, split, tokenizer):
        for number in range(COUNTS[split]):
            self.made[split] += 1
            first = (1 + number % 10) * 7 ** ("train", "validation", "test").index(
                split
            )
            prompt = f"Add {first} to {number}." + " Please." * 40 * (number % 10 == 9)
            yield Example("python", prompt, f"return {first + number}\n", number % 4)


def config(tmp_path, **changes):
    values = dict(default.get_config().data) | {
        "dataset": "programs",
        "directory": str(tmp_path),
        "num_train": COUNTS["train"],
        "num_validation": COUNTS["validation"],
        "num_test": COUNTS["test"],
        "seq_len": 64,
        "vocab_size": 300,
    }
    return DataConfig(**values | changes)


def task(tmp_path, origin=None, **changes):
    return TextTask(config(tmp_path, **changes), origin or Sums())


def examples_in(batch, tokenizer):
    """Text and answer of all examples of a batch, which must be in segments."""
    layout = batch.layout
    for inputs, labels, segments, prompt in zip(
        batch.inputs, batch.labels, layout.segments, layout.prompt, strict=True
    ):
        for segment in range(1, segments.max() + 1):
            at = segments == segment
            said = labels[at & (labels != IGNORE_LABEL)]
            yield tokenizer.decode(inputs[at & prompt]), tokenizer.decode(said)


def expected(split):
    for example in Sums().examples(split, None):
        if len(example.prompt) < 100:
            yield (
                f"<|python|>{example.prompt}<|answer|>".encode(),
                f"{example.response}<|end|>".encode(),
            )


def test_what_is_prepared_is_what_there_was(tmp_path, capsys):
    origin = Sums()
    made = task(tmp_path, origin)
    assert made.dimensions == (300, 64, 1, 1, 1)
    dataset = made.prepare()
    assert "Training the tokenizer" in capsys.readouterr().out
    assert isinstance(dataset.train, Sampler)
    batch = dataset.train.drawn_by(0)(np.arange(len(dataset.train)))
    assert batch.inputs.shape == (len(dataset.train), 64)
    found = sorted(examples_in(batch, made.tokenizer))
    assert found == sorted(expected("train"))
    assert len(dataset.train) < len(found) / 2  # rows are shared
    assert [str(left) for left in dataset.left_out] == [
        "6 of 60 train examples left out: longer than data.seq_len = 64."
    ]
    assert dataset.sources == Sums.sources
    before = origin.made.copy()
    again = task(tmp_path, origin).prepare()
    assert origin.made == before and capsys.readouterr().out == ""
    assert again.left_out == dataset.left_out
    other = again.train.drawn_by(0)(np.arange(len(again.train)))
    np.testing.assert_array_equal(other.inputs, batch.inputs)


@pytest.mark.parametrize("split", ["validation", "test"])
def test_other_splits_have_an_example_a_row(split, tmp_path):
    made = task(tmp_path)
    source = getattr(made.prepare(), split)
    batch, ratings = loader.read_rated(source, 0)
    assert batch.layout.segments.max() == 1
    found = list(examples_in(batch, made.tokenizer))
    assert found == list(expected(split))  # in order
    assert ratings.tolist() == [number % 4 for number in range(COUNTS[split])]
    text = made.decode(batch.inputs)[0]
    assert text == "".join(part.decode() for part in found[0]).removesuffix("<|end|>")


def test_an_epoch_takes_each_row_once_in_an_order_of_its_own(tmp_path):
    source = task(tmp_path).prepare().train
    draw, count = source.drawn_by(3), len(source)
    epochs = [draw(np.arange(count) + epoch * count).inputs for epoch in range(3)]
    first = sorted(map(bytes, epochs[0]))
    assert len(set(first)) == count
    for epoch in epochs[1:]:
        assert sorted(map(bytes, epoch)) == first
        assert not np.array_equal(epoch, epochs[0])
    again = source.drawn_by(3)(np.arange(5) * 4)  # whatever was drawn before
    assert np.array_equal(again.inputs, np.concatenate(epochs)[np.arange(5) * 4])
    other = source.drawn_by(4)(np.arange(count)).inputs
    assert not np.array_equal(other, epochs[0])


def test_a_stream_goes_on_where_it_stopped(tmp_path):
    source = task(tmp_path).prepare().train
    stream = loader.train_iterator(source, None, 4, seed=1)
    for _ in range(5):
        next(stream)
    state = stream.get_state()
    ahead = [next(stream) for _ in range(4)]
    resumed = loader.train_iterator(source, None, 4, seed=1)
    resumed.set_state(state)
    for batch in ahead:
        again = next(resumed)
        np.testing.assert_array_equal(again.inputs, batch.inputs)
        np.testing.assert_array_equal(again.layout.segments, batch.layout.segments)
    own = loader.train_iterator(source, None, 4, seed=1, rows=np.array([1, 3]))
    own.set_state(state)
    np.testing.assert_array_equal(next(own).labels, ahead[0].labels[[1, 3]])


def test_a_row_may_hold_one_example_alone(tmp_path):
    made = task(tmp_path, pack=False)
    rows = made.prepare().train
    batch = rows.drawn_by(0)(np.arange(len(rows)))
    assert len(rows) == 54 and batch.layout.segments.max() == 1
    packed = task(tmp_path).prepare().train
    assert len(packed) < 54 / 2


def test_a_curriculum_goes_from_easy_to_hard_and_then_anywhere(tmp_path):
    made = task(tmp_path, curriculum=2)
    source = made.prepare().train
    difficulty = {
        e.prompt.encode(): e.difficulty for e in Sums().examples("train", None)
    }

    def levels(epoch, seed=0):
        places = np.arange(len(source)) + epoch * len(source)
        batch = source.drawn_by(seed)(places)
        return [
            difficulty[asked.removeprefix(b"<|python|>").removesuffix(b"<|answer|>")]
            for asked, _ in examples_in(batch, made.tokenizer)
        ]

    easy_first = levels(0)
    assert easy_first == sorted(easy_first) and levels(1) == easy_first
    assert easy_first != levels(2) and easy_first == sorted(levels(2))


def test_a_tokenizer_of_a_file_is_used(tmp_path):
    path = tmp_path / "own.json"
    own = Tokenizer.train(["Please. return " * 20], 284)
    own.save(path)
    made = task(tmp_path, tokenizer=str(path))
    assert made.tokenizer.sha256 == own.sha256
    assert made.files() == {"tokenizer": path}
    dataset = made.prepare()
    other = task(tmp_path).prepare()
    assert len(dataset.train) != len(other.train)  # other tokens, another set
    assert not list(tmp_path.glob(f"tokenizers/*{own.sha256[:8]}*"))
    with pytest.raises(UserError, match="has 284 tokens, but data.vocab_size is 280"):
        _ = task(tmp_path, tokenizer=str(path), vocab_size=280).tokenizer
    with pytest.raises(UserError, match="data.tokenizer names"):
        task(tmp_path, tokenizer=str(tmp_path / "absent.json")).files()


def test_rows_that_hold_nothing_are_told(tmp_path):
    with pytest.raises(UserError) as told:
        task(tmp_path, seq_len=8).prepare()
    assert "None of the 60 examples for the train split fits" in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"seq_len": 3}, "data.seq_len is 3, but it must be at least 4"),
        ({"vocab_size": 271}, "data.vocab_size is 271, but it must be at least 272"),
        ({"vocab_size": 65537}, "it must be at most 65,536"),
        ({"languages": ()}, "it must be some of cpp, go"),
        ({"languages": ("python", "cobol")}, "it must be some of cpp, go"),
        ({"curriculum": -1}, "data.curriculum is -1"),
        ({"plan": "first"}, "data.plan is 'first', but it must be one of none, before"),
        ({"plan": "after", "edits": 0.5}, "set one of them only"),
    ],
)
def test_values_out_of_range_are_told(change, sentence, tmp_path):
    with pytest.raises(UserError, match=sentence):
        config(tmp_path, **change)
