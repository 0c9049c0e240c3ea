"""A run of text and its package are compared by what they write and how they halt."""

import pytest

from commands import flags, text_answers
from commands.text_run import TextRun
from commands.verify import _compared
from data_pipeline import loader
from data_pipeline.schema import IGNORE_LABEL
from data_pipeline.text.special import Special
from hrm_jax.export import runner, text_runner
from tests.commands.conftest import save_untrained_text

PACKAGE_SEGMENTS = 2
EXAMPLES = 4
CUT = 64
"""Tokens after which an answer was once cut off."""


@pytest.fixture(scope="module")
def text_run(tmp_path_factory) -> TextRun:
    """It has learned nothing, but is sure after one of three segments. The answers of
    its data have more than 64 tokens."""
    workdir = tmp_path_factory.mktemp("sure") / "scribe"
    fields = {
        "data.seq_len": 768,
        "data.languages": ("python",),
        "data.num_test": EXAMPLES,
        "data.num_validation": 0,
        "data.num_train": 1,
        "data.pack": False,
        "data.directory": str(workdir.parent / "data"),
        "loss.halt_weight": 1.0,
        "halting.max_segments": 3,
        "model.halt_bias": 5.0,
    }
    save_untrained_text(workdir, fields=fields)
    halts = "--config.evaluation.early_halting=true"
    return TextRun.of(flags.parse(["main.py", "verify", f"--workdir={workdir}", halts]))


@pytest.fixture
def ask(text_run, monkeypatch, tmp_path):
    """Asks the run, and a package that says, to one prompt after the other, given
    tokens as far as it may."""

    def ask(answers) -> text_answers.Asked:
        coming = iter(answers)

        class Scripted:
            def __init__(self, package):
                del package

            def generate(self, prompt, most):
                said = [*next(coming)][:most]
                ended = said[-1] == Special.END
                yield from said[:-1] if ended else said

            def segments(self, prompt):
                return PACKAGE_SEGMENTS

        monkeypatch.setattr(text_runner, "Writer", Scripted)
        monkeypatch.setattr(runner, "Package", lambda folder: None)
        return text_answers.ask(text_run, tmp_path, EXAMPLES)

    return ask


@pytest.fixture
def own(text_run) -> list[list[int]]:
    """The answers of the data."""
    labels = loader.read_all(text_run.dataset.test, EXAMPLES).labels
    return [row[row != IGNORE_LABEL].tolist() for row in labels]


def test_answers_count_to_their_end(ask, own):
    assert all(len(one) > CUT and one[-1] == Special.END for one in own)
    right = _compared(ask(own))
    assert right["exact_match"] == [0, 1] and right["token_accuracy"][1] == 1
    wrong = [one[:CUT] + [one[-2] + 1] * (len(one) - CUT) for one in own]
    found = _compared(ask(wrong))
    assert found["exact_match"] == [0, 0] and found["token_accuracy"][1] < 1


def test_answers_of_run_and_package_differ_by_any_token(ask, own):
    true = ask(own).true.answers
    said = [row[: len(one)].tolist() for row, one in zip(true, own, strict=True)]
    assert _compared(ask(said))["same_answer"] == 1
    late = [row[:CUT] + [token ^ 1 for token in row[CUT:]] for row in said]
    assert _compared(ask(late))["same_answer"] == 0


def test_segments_are_those_that_were_needed(ask, own):
    found = _compared(ask(own))
    assert found["segments"] == [1, PACKAGE_SEGMENTS]
    assert found["same_segments"] == 0
