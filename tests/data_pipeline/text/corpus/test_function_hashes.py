"""Functions are the same under any names, and others when they do something else."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.text.corpus import function_hashes
from tests.data_pipeline.text.corpus.deviation import DOC, JAVASCRIPT, PYTHON


def renamed(source, names):
    for old, new in names.items():
        source = source.replace(old, new)
    return source


@given(st.permutations(["a1", "b2", "c3", "d4"]))
def test_hashes_of_functions_do_not_see_names(names):
    old = ("numbers", "mean", "total", "deviation")
    changes = dict(zip(old, names, strict=True))
    for source in (PYTHON.replace(DOC, ""), JAVASCRIPT):
        hashes = function_hashes.hashes(source)
        assert len(hashes) == 1
        assert function_hashes.hashes(renamed(source, changes)) == hashes


@pytest.mark.parametrize("source", [PYTHON, JAVASCRIPT])
@pytest.mark.parametrize(
    "old, new", [("total / ", "total * "), ("+=", "-="), ("total = 0", "total = 1")]
)
def test_hashes_of_functions_see_what_they_do(source, old, new):
    assert old in source
    assert function_hashes.hashes(source) != function_hashes.hashes(
        source.replace(old, new)
    )


RANGES = """
fn sum(upto: usize, from: &[f32]) -> f32 {
    let mut all = 0.5;
    for one in 0..upto { all += from[one] * 1.5; }
    f(&from[1..upto]) + g(all..=upto)
}
"""
SPREAD = """
const sum = (first, ...others) => {
  let all = first + 0.5
  for (const one of others) { all += one * 1.5 }
  return Math.max(...others, all)
}
"""


@pytest.mark.parametrize("source", [RANGES, SPREAD])
def test_what_a_range_or_a_spread_takes_is_a_name(source):
    hashes = function_hashes.hashes(source)
    names = {"upto": "n", "others": "rest", "all": "total", "one": "x"}
    assert len(hashes) == 1 and function_hashes.hashes(renamed(source, names)) == hashes
    assert function_hashes.hashes(source.replace("1.5", "2.5")) != hashes


RECURSION = """
def digits(number, seen=None):
    def helper(rest):
        return rest + [number % 10]
    try:
        return helper(digits(number // 10, seen)) if number else []
    except ValueError as err:
        raise TypeError(str(err)) from err
"""
RECURSION_IN_C = """
int digits(int number) {
  if (number < 10) { return 1; }
  return digits(number / 10) + other(number % 10 * 2) - 1 + number * 0;
}
"""


@pytest.mark.parametrize("source", [RECURSION, RECURSION_IN_C])
def test_functions_have_other_names_within_themselves_too(source):
    hashes = function_hashes.hashes(source)
    names = {"digits": "count", "helper": "inner", "err": "e", "rest": "r"}
    assert function_hashes.hashes(renamed(source, names)) == hashes
    assert function_hashes.hashes(source.replace("10", "9")) != hashes
    assert function_hashes.hashes(renamed(source, {"other": "g"})) == hashes or (
        source == RECURSION_IN_C
    )


@pytest.mark.parametrize(
    "source",
    ["f(){" * 10_000 + "}" * 10_000, "fn f() { x /* \n" * 20_000, "f(`" * 20_001],
    ids=["nested", "comments", "quotes"],
)
def test_sources_that_never_end_take_no_time(source):
    began = time.process_time()
    function_hashes.hashes(source)
    assert time.process_time() - began < 5  # by the square it would be a minute


@pytest.mark.parametrize("source", ["", "}{(", "\0", "def f(:", "{" * 5000, "(" * 5000])
def test_hashes_of_nonsense_are_none(source):
    assert function_hashes.hashes(source) == set()
