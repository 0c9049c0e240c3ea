"""Tests of elements: what their words say is what they do."""

import random

import pytest

from data_pipeline.programs import predicates
from data_pipeline.programs.draft import Draft
from data_pipeline.programs.interpreter import Interpreter
from data_pipeline.programs.phrases import singular
from data_pipeline.programs.tree import Function, Name, Return

VALUES = {
    "int": [*range(120)],
    "char": [*"abcdefghijklmnopqrstuvwxyz0123456789 "],
    "str": [
        *"abcdefghijklmnopqrstuvwxyz",
        "an",
        "noon",
        "rarer",
        "kernel",
        "butterfly",
    ],
}


@pytest.mark.parametrize("kind", VALUES)
def test_the_same_words_mean_the_same(kind):
    """Whoever made them: makers that say a thing and its opposite draw the same letters
    and numbers from the same seed."""
    meant = {}
    for seed in range(80):
        for maker in dict.fromkeys(predicates._BY_TYPE[kind]):
            draft, value = Draft(random.Random(seed)), Name("x", kind)
            made = maker(draft, value)
            params = (value, *draft._params)
            does = Interpreter(Function("f", params, "bool", (Return(made.test),)))
            more = [4] * len(draft._params)
            results = [does.call([one, *more]) for one in VALUES[kind]]
            assert len(set(results)) == 2, "it says nothing of some"
            for way in made.plural:
                assert meant.setdefault(way, results) == results, way
                assert meant.setdefault(singular(way), results) == results
    assert len(meant) > 60


@pytest.mark.parametrize(
    "way, denied",
    [
        ("are one of `air`", "are not one of `air`"),
        ("stand in `air`", "do not stand in `air`"),
        ("are vowels", "are not vowels"),
    ],
)
def test_what_is_denied(way, denied):
    assert predicates._denied(way) == denied
    assert singular(denied).split(" not ")[0] in ("is", "does")
