"""What a flag says as a number, and what is said of one that is out of bounds."""

import pytest

from commands import flag_values, flags
from data_pipeline.schema import UserError


def said(*words, **how):
    """The number of `--seed` on a command line."""
    values = flags.parse(["main.py", "generate", *words]).flags
    return flag_values.number(values, "seed", 7, **how)


def test_a_number_is_taken_within_its_bounds():
    assert said() == said("--seed=") == 7
    for number in (1, 1_000_000_000):
        assert said(f"--seed={number}", whole=True) == number
    assert said("--seed=0.5", least=0) == 0.5


def test_the_most_likely_answer_is_drawn_by_nothing():
    def drawn(*words):
        values = flags.parse(["main.py", "benchmark", *words]).flags
        return flag_values.drawn(values)

    assert drawn("--top_p=1", "--seed=0") == (1, 0.0, 1.0, 0)
    assert drawn("--temperature=1", "--top_p=0.5", "--seed=7") == (1, 1.0, 0.5, 7)
    assert drawn("--generate=3", "--seed=7").seed == 7, "of what is made"
    for word in "--top_p=0.5", "--seed=7":
        with pytest.raises(UserError, match=f"With {word} the most likely answer"):
            drawn(word)


@pytest.mark.parametrize(
    "text, how, told",
    [
        (
            "4000000000",
            {"whole": True, "least": 0},
            "a whole number from 0 to 1,000,000,000.",
        ),
        ("1.5", {"whole": True}, "a whole number from 1 to 1,000,000,000."),
        ("65536", {"whole": True, "most": 65_535}, "a whole number from 1 to 65,535."),
        ("2", {"least": 0, "most": 1}, "a number from 0 to 1."),
        ("0.1", {"least": 0.25, "most": 1}, "a number from 0.25 to 1."),
        ("nan", {}, "a number from 1 to 1,000,000,000."),
    ],
)
def test_what_is_out_of_bounds_is_told_both_of_them(text, how, told):
    with pytest.raises(UserError) as found:
        said(f"--seed={text}", **how)
    assert str(found.value) == f"--seed is '{text}', but it must be {told}"
