"""Functions are the same under any names, and others when they do something else."""

import ast
import copy
import pathlib
import sysconfig
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


LIBRARY = [
    pathlib.Path(sysconfig.get_path("stdlib"), f"{name}.py").read_text("utf-8")
    for name in ("bisect", "heapq", "statistics", "textwrap")
]


def as_method(function):
    function.args.args.insert(0, ast.arg("self"))
    return ast.ClassDef("Some", [], [], [function], [])


def with_a_default(function):
    function.args.kwonlyargs.append(ast.arg("more"))
    function.args.kw_defaults.append(ast.Constant(None))
    return function


def swapped(function):
    function.args.args.reverse()
    function.args.defaults.clear()
    return function


@pytest.mark.parametrize("change", [as_method, with_a_default, swapped])
def test_functions_of_python_are_the_same_with_other_parameters(change):
    changed = 0
    for source in LIBRARY:
        for function in ast.parse(source).body:
            if isinstance(function, ast.FunctionDef):
                hashes = function_hashes.hashes(ast.unparse(function))
                other = ast.fix_missing_locations(change(copy.deepcopy(function)))
                assert function_hashes.hashes(ast.unparse(other)) == hashes
                changed += bool(hashes)
    assert changed > 40


@pytest.mark.parametrize(
    "broken",
    [
        "print 'Python 2'\n{}",
        "%matplotlib inline\n{}",
        "{}\nraise ValueError, 'of Python 2'\n",
        "class A:\n    x = 08\n{}",
        "{}\ndef last(:\n    pass\n",
    ],
)
def test_functions_of_python_are_found_in_what_is_none_as_a_whole(broken):
    for source in LIBRARY:
        hashes = function_hashes.hashes(source)
        assert function_hashes.hashes(broken.format(source)) >= hashes


BLACK = """
class A:
    def first(self):
        print 3

    async def second(
        self, numbers
    ) -> float:
# somebody put this aside
        total = 0

        for number in numbers:
            total += number * number - self.mean
        return total
"""


def test_a_function_ends_with_its_indentation():
    alone = BLACK.replace("print 3", "pass")
    assert len(function_hashes.hashes(alone)) == 1
    assert function_hashes.hashes(BLACK) == function_hashes.hashes(alone)
    assert function_hashes.hashes(BLACK.replace("\n", "\r\n")) == (
        function_hashes.hashes(alone)
    )


def test_a_keyword_is_called_as_the_callee_calls_it():
    source = """
def ordered(rows, key):
    def again():
        nonlocal rows
        rows = [row for row in rows if row]
    again()
    return sorted(rows, key=key, reverse=len(rows) > 3)
"""
    hashes = function_hashes.hashes(source)
    other = source.replace("key)", "by)").replace("=key", "=by").replace("rows", "xs")
    assert len(hashes) == 2 and "by" in other
    assert function_hashes.hashes(other) == hashes


@pytest.mark.parametrize(
    "source",
    ["f(){" * 10_000 + "}" * 10_000, "fn f() { x /* \n" * 20_000, "f(`" * 20_001]
    + [
        "f(" + "{a}, " * 40_000,
        "".join(f"{n % 99 * ' '}def f(:\n" for n in range(9000)),
    ],
    ids=["nested", "comments", "quotes", "arguments", "indented"],
)
def test_sources_that_never_end_take_no_time(source):
    began = time.process_time()
    function_hashes.hashes(source)
    assert time.process_time() - began < 5  # by the square it would be a minute


@pytest.mark.parametrize("source", ["", "}{(", "\0", "def f(:", "{" * 5000, "(" * 5000])
def test_hashes_of_nonsense_are_none(source):
    assert function_hashes.hashes(source) == set()
