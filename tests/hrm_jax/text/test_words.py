"""Text is told as soon as it is sure, and not before."""

from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.text.tokenizer import Tokenizer
from hrm_jax.text.words import Words

TOKENIZER = Tokenizer.train(["def f(x):\n    return x\n"] * 4, 300)


def told(text: bytes, stop=(), size=1):
    words = Words(TOKENIZER, stop)
    tokens = TOKENIZER.encode(text)
    parts = [
        words.add(tokens[start : start + size]) for start in range(0, len(tokens), size)
    ]
    return [*parts, words.add([], last=True)], words.stopped


@given(st.text(max_size=30), st.integers(1, 4))
def test_all_is_told_in_the_end(text, size):
    parts, stopped = told(text.encode(), size=size)
    assert "".join(parts) == text and not stopped


def test_half_a_character_waits_for_its_other_half():
    parts, _ = told("a\u00e9\u4e2d".encode())
    assert [part for part in parts if part] == ["a", "\u00e9", "\u4e2d"]


def test_what_is_no_text_is_replaced():
    assert "".join(told(b"a\xffb\xc3")[0]) == "a\ufffdb\ufffd"


def test_a_stop_word_is_cut_off_wherever_the_tokens_end():
    for size in range(1, 6):
        parts, stopped = told(b"one\ntwo\nEND three", ("\nEND", "four"), size)
        assert "".join(parts) == "one\ntwo" and stopped


def test_the_beginning_of_a_stop_word_is_told_if_it_goes_on_otherwise():
    parts, stopped = told(b"a\n\nb\n", ("\n\nclass",))
    assert "".join(parts) == "a\n\nb\n" and not stopped
    assert parts[0] == "a"


def test_of_several_stop_words_the_first_in_the_text_counts():
    parts, _ = told(b"x; y. z", (".", ";"), 10)
    assert "".join(parts) == "x"
