"""Answers as batches to learn from."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_pipeline.schema import IGNORE_LABEL
from data_pipeline.text import rows
from data_pipeline.text.example import Example
from data_pipeline.text.tokenizer import LEAST_VOCABULARY, Tokenizer
from hrm_jax.rl import batches, objectives
from hrm_jax.rl.lessons import Lesson
from hrm_jax.rl.rounds import Exercise
from hrm_jax.text.answers import Answer

SEQ_LEN = 8


def made_of(answers, slots, weighted):
    """Batches of answers each of which takes a row."""
    said = [9, 9, 9, 9]
    lesson = Lesson(Exercise({}, [8] * 5, said), Answer(said, [0.0] * 4), 1.0)
    assert lesson.encoded.places == SEQ_LEN
    rng = np.random.default_rng(0)
    return batches.batches([lesson] * answers, slots, SEQ_LEN, rng, weighted)


def full(batch):
    """Rows that are no padding."""
    return int((batch.labels != IGNORE_LABEL).any(-1).sum())


def test_an_answer_is_encoded_as_an_example_of_the_same_text():
    tokenizer = Tokenizer.train([], LEAST_VOCABULARY)
    example = Example("python", "Return x.\n", "def f(x):\n    return x\n")
    wanted = rows.encode(example, tokenizer)
    prompt = wanted.tokens[: wanted.prompt].tolist()
    said = wanted.tokens[wanted.prompt :].tolist()
    lesson = Lesson(Exercise({}, prompt, said), Answer(said, [0.0] * len(said)), 1.0)
    np.testing.assert_array_equal(lesson.encoded.tokens, wanted.tokens)
    assert lesson.encoded.prompt == wanted.prompt
    (batch,) = batches.batches([lesson], 2, 64, np.random.default_rng(0), False)
    row = rows.from_record(rows.to_record([wanted]), 64)
    np.testing.assert_array_equal(batch.labels[0], row["labels"])
    assert (batch.labels[1] == IGNORE_LABEL).all()


@pytest.mark.parametrize("answers, rows", [(0, []), (64, [64]), (72, [36, 36])])
@pytest.mark.parametrize("weighted", [False, True])
def test_batches_are_as_full_as_each_other(answers, rows, weighted):
    made = made_of(answers, 64, weighted)
    assert [full(batch) for batch in made] == rows
    assert all(batch.inputs.shape == (64, SEQ_LEN) for batch in made)


@pytest.mark.parametrize("answers", [1, 7, 8, 9, 15, 17, 25])
def test_an_answer_weighs_about_what_any_other_does(answers):
    """A step takes the mean over its answers, and all steps count alike."""
    made = made_of(answers, 8, True)
    assert len(made) == -(-answers // 8)
    found = [full(batch) for batch in made]
    assert sum(found) == answers and max(found) - min(found) <= 1
    on_device = [jax.tree.map(jnp.asarray, batch) for batch in made]
    shares = [float(objectives.mean_answers(batch)) for batch in on_device]
    assert max(shares) - min(shares) <= 1 / 8
