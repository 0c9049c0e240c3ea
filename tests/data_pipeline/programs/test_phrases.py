"""English: ways to say a thing, and the singular of what is said of many."""

import random

import pytest

from data_pipeline.programs.phrases import Phrase, phrase, singular


def test_every_way_is_said_and_parts_are_put_in():
    inner = phrase("b", "c")
    whole = Phrase(("a {one}", "{one} a {one}"), {"one": inner})
    said = {whole.say(random.Random(n)) for n in range(200)}
    assert said == {"a b", "a c", "b a b", "b a c", "c a b", "c a c"}


def test_the_same_draws_say_the_same():
    whole = phrase("x {one}", "y {one}", one=phrase("1", "2"))
    assert whole.say(random.Random(4)) == whole.say(random.Random(4))


@pytest.mark.parametrize(
    "many, one",
    [
        ("are even", "is even"),
        ("are digits", "is a digit"),
        ("are even digits", "is an even digit"),
        ("are letters before `k`", "is a letter before `k`"),
        ("are no multiples of 3", "is no multiple of 3"),
        ("have more than 3 letters", "has more than 3 letters"),
        ("do not contain `a`", "does not contain `a`"),
        ("start and end with the same letter", "starts and ends with the same letter"),
        ("are not vowels or are spaces", "is not a vowel or is a space"),
        ("exceed 4 and leave remainder 1", "exceeds 4 and leaves remainder 1"),
    ],
)
def test_singular(many, one):
    assert singular(many) == one
