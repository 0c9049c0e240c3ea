"""Answers as batches to learn from."""

import numpy as np

from data_pipeline.schema import IGNORE_LABEL
from data_pipeline.text import rows
from data_pipeline.text.example import Example
from data_pipeline.text.tokenizer import LEAST_VOCABULARY, Tokenizer
from hrm_jax.rl import batches
from hrm_jax.rl.lessons import Lesson
from hrm_jax.rl.rounds import Exercise
from hrm_jax.text.answers import Answer


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
