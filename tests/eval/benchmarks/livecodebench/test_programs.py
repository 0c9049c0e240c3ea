"""When outputs are right, against the authors' rules written down a second time."""

from decimal import Decimal, InvalidOperation

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.benchmarks.livecodebench.programs import same, shortened

LINES = st.lists(
    st.sampled_from(["1", "1.0", "01", " 1 2 ", "1  2", "yes", "", "1e0", "nan", "-0"]),
    max_size=4,
).map("\n".join)


def by_the_rules(output, expected):
    """`grade_stdio`: strips, splits, then compares lines, then decimals."""
    ours, theirs = output.strip().split("\n"), expected.strip().split("\n")
    if len(ours) != len(theirs):
        return False
    for one, other in zip(ours, theirs, strict=True):
        if one.strip() == other.strip():
            continue
        try:
            if [Decimal(x) for x in one.split()] != [Decimal(x) for x in other.split()]:
                return False
        except InvalidOperation:
            return False
    return True


@settings(max_examples=60, deadline=None)
@given(LINES, LINES)
def test_outputs_are_compared_by_the_rules(output, expected):
    assert same(output, expected) == by_the_rules(output, expected)
    assert same(output, output)


@pytest.mark.parametrize(
    "output, expected, right",
    [
        ("1 2 \n3\n\n", "1 2\n3", True),
        ("1.50", "1.5", True),
        ("1 2", "1  2", True),
        ("50000000000000000", "50000000000000001", False),
        ("0.1", "0.10000001", False),
        ("Yes", "YES", False),
        ("yes  no", "yes no", False),
        ("1\n\n2", "1\n2", False),
        ("", "0", False),
        ("sNaN", "1", False),
    ],
)
def test_cases_that_matter(output, expected, right):
    assert same(output, expected) == right


def test_long_texts_are_cut_in_the_middle():
    assert shortened("x" * 300) == "x" * 300
    text = shortened("a" * 200 + "b" * 200)
    assert text == "a" * 150 + "...(truncated) ..." + "b" * 150
