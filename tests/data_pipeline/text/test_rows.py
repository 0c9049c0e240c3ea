"""What a row says of its examples."""

import numpy as np
import pytest

from data_pipeline.schema import IGNORE_LABEL
from data_pipeline.text import rows
from data_pipeline.text.example import Example
from data_pipeline.text.special import Special
from data_pipeline.text.tokenizer import Tokenizer

TOKENIZER = Tokenizer.train([], 272)  # a token is a byte
A, B, C = (16 + ord(letter) for letter in "abc")
PYTHON, ANSWER, END, PAD = 14, 2, 1, 0
NONE = IGNORE_LABEL


def test_an_example_as_tokens():
    encoded = rows.encode(Example("python", "ab", "c", 3), TOKENIZER)
    assert encoded.tokens.tolist() == [PYTHON, A, B, ANSWER, C, END]
    assert (encoded.prompt, encoded.difficulty, encoded.places) == (4, 3, 5)
    prompt = rows.encode_prompt("python", "ab", TOKENIZER)
    assert prompt == [PYTHON, A, B, ANSWER]


def test_a_question_s_last_line_ends():
    """But nothing, as a text that is to be written from its beginning has it, has no
    line."""
    asked = [rows.encode_question("python", text, TOKENIZER) for text in ("a", "a\n")]
    assert asked[0] == asked[1] == [PYTHON, A, 16 + ord("\n"), ANSWER]
    nothing = rows.encode(Example("python", "", "c"), TOKENIZER)
    question = rows.encode_question("python", "", TOKENIZER)
    assert question == nothing.tokens[: nothing.prompt].tolist() == [PYTHON, ANSWER]


@pytest.mark.parametrize("language", ["cpp", "rust"])
def test_the_language_comes_first(language):
    encoded = rows.encode(Example(language, b"", ""), TOKENIZER)
    assert encoded.tokens.tolist() == [Special.of(language), ANSWER, END]


def test_special_tokens_stand_between_parts_and_are_not_read_from_text():
    parts = (Special.FIM_PREFIX, "a", Special.FIM_SUFFIX, b"b")
    encoded = rows.encode(Example("python", parts, (Special.PLAN, "c")), TOKENIZER)
    assert encoded.tokens.tolist() == [PYTHON, 3, A, 4, B, ANSWER, 6, C, END]
    told = rows.encode(Example("python", "<|plan|>", ""), TOKENIZER)
    assert Special.PLAN not in told.tokens


def test_two_packed_examples_have_their_tokens_each():
    first = rows.encode(Example("python", "ab", "c", 1), TOKENIZER)
    second = rows.encode(Example("go", "", "ab", 4), TOKENIZER)
    row = rows.from_record(rows.to_record([first, second]), 12)
    go = Special.GO
    assert row["inputs"].tolist() == [
        *(PYTHON, A, B, ANSWER, C),
        *(go, ANSWER, A, B),
        *(PAD, PAD, PAD),
    ]
    assert row["labels"].tolist() == [
        *(NONE, NONE, NONE, C, END),
        *(NONE, A, B, END),
        *(NONE, NONE, NONE),
    ]
    assert row["segments"].tolist() == [1] * 5 + [2] * 4 + [0] * 3
    assert row["prompt"].tolist() == [True] * 4 + [False] + [True] * 2 + [False] * 5
    assert row["rating"] == 4
    assert (row["inputs"].dtype, row["segments"].dtype) == (np.int32, np.int32)


def test_a_row_may_be_full():
    encoded = rows.encode(Example("python", "ab", "c"), TOKENIZER)
    row = rows.from_record(rows.to_record([encoded]), 5)
    assert row["inputs"].tolist() == [PYTHON, A, B, ANSWER, C]
    assert row["labels"].tolist() == [NONE, NONE, NONE, C, END]


def test_tokens_beyond_two_bytes_of_sign_are_kept():
    encoded = rows.Encoded(np.array([14, 2, 65535, 1], np.uint16), 2, 0)
    row = rows.from_record(rows.to_record([encoded]), 3)
    assert row["inputs"].tolist() == [14, 2, 65535]
    assert row["labels"].tolist() == [NONE, 65535, 1]


@pytest.mark.parametrize("prompt", ["", "ab", (Special.FIM_PREFIX, "a", Special.EDIT)])
def test_the_other_direction_says_the_prompt_of_a_response_from_its_end(prompt):
    encoded = rows.encode(Example("python", prompt, "xyz", 3), TOKENIZER)
    turned = rows.turned(encoded)
    asked = encoded.tokens[1 : encoded.prompt - 1].tolist()
    response = TOKENIZER.encode("xyz")
    read = [Special.PYTHON, *response[::-1], Special.ANSWER]
    assert turned.tokens.tolist() == [*read, *asked[::-1], Special.END]
    assert turned.prompt == len(read) and turned.difficulty == 3
    again = rows.turned(turned)
    np.testing.assert_array_equal(again.tokens, encoded.tokens)
    assert (again.prompt, again.places) == (encoded.prompt, encoded.places)
    said = rows.from_record(rows.to_record([turned]), 16)["labels"]
    assert said[said != IGNORE_LABEL].tolist() == [*asked[::-1], Special.END]
