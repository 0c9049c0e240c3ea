"""Packed rows hold each example once and whole."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.schema import IGNORE_LABEL
from data_pipeline.text import rows
from data_pipeline.text.packing import Packer
from data_pipeline.text.rows import Encoded

SEQ_LEN = 40


def encoded(number, prompt, response):
    """An example that no other is like."""
    tokens = [14, *[300 + number] * prompt, 2, *[5000 + number] * response, 1]
    return Encoded(np.array(tokens, np.uint16), prompt + 2, number % 5)


SIZES = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30)), max_size=300)


@given(SIZES)
def test_rows_hold_what_fits_and_count_what_does_not(sizes):
    examples = [encoded(i, *size) for i, size in enumerate(sizes)]
    packer = Packer(SEQ_LEN)
    packed = list(packer.rows(examples))
    expected = {
        tuple(e.tokens.tolist()) for e in examples if len(e.tokens) <= SEQ_LEN + 1
    }
    assert packer.seen == len(examples)
    assert packer.too_long == len(examples) - len(expected)
    found = []
    for row in packed:
        read = rows.from_record(rows.to_record(row), SEQ_LEN)
        for segment in range(1, read["segments"].max() + 1):
            (at,) = np.nonzero(read["segments"] == segment)
            assert (np.diff(at) == 1).all()
            inputs, labels = read["inputs"][at], read["labels"][at]
            found.append((*inputs.tolist(), int(labels[-1])))
            answer = inputs.tolist().index(2)
            assert read["prompt"][at].tolist() == [
                place <= answer for place in range(len(at))
            ]
            assert (labels[:answer] == IGNORE_LABEL).all()
            assert labels[answer:-1].tolist() == inputs[answer + 1 :].tolist()
        rest = read["segments"] == 0
        assert (read["labels"][rest] == IGNORE_LABEL).all()
        assert not read["inputs"][rest].any() and not read["prompt"][rest].any()
    assert len(found) == len(expected) and set(found) == expected


def test_little_is_padding():
    rng = np.random.default_rng(0)
    sizes = rng.integers(5, 250, 2000)
    packer = Packer(1024)
    packed = list(packer.rows(encoded(0, 10, size) for size in sizes))
    used = sum(example.places for row in packed for example in row)
    assert used > 0.97 * len(packed) * 1024


def test_rows_follow_the_order_of_the_examples():
    """So that a curriculum by difficulty survives packing."""
    packed = list(Packer(32).rows(encoded(n, 5, 6) for n in range(1000)))
    numbers = [max(int(e.tokens[1]) for e in row) for row in packed]
    assert np.abs(np.diff(numbers)).max() <= 2 * 64
