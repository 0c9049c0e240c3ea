"""What a judge makes of honest submissions, right and wrong."""

import dataclasses

import pytest

from eval.benchmarks.judge import judging
from eval.benchmarks.judge.judging import judge
from eval.benchmarks.problem import Kind
from eval.sandbox.limits import MIB
from tests.eval.benchmarks.written import slow

DOUBLE = judging.Tests(
    "assert double(2) == 4\nassert double('a') == 'aa'\nassert double((1,)) == (1, 1)",
    names=("double",),
)


def test_right_submission_passes(strongest):
    grade = judge(strongest, DOUBLE, "def double(x): return x + x")
    assert grade.passed and grade.detail == "" and grade.seconds > 0


@pytest.mark.parametrize(
    "submission, kind, detail",
    [
        ("", Kind.RUNTIME_ERROR, "NameError: name 'double' is not defined"),
        slow("double = 3", Kind.RUNTIME_ERROR, "'int' object is not callable"),
        slow("def double(x): pass", Kind.WRONG_ANSWER, "assert double(2) == 4"),
        ("def double(x): return 4", Kind.WRONG_ANSWER, "double('a') gave 4"),
        slow("def double(x): return [1, 1]", Kind.WRONG_ANSWER, "gave [1, 1]"),
        ("def double(x) return", Kind.COMPILE_ERROR, "SyntaxError"),
        slow("x = '\0'", Kind.COMPILE_ERROR, "null bytes"),
        ("1 / 0", Kind.RUNTIME_ERROR, "submission.py"),
        slow("def double(x): raise KeyError(x)", Kind.RUNTIME_ERROR, "KeyError: 2"),
        ("def double(x): assert False", Kind.RUNTIME_ERROR, "AssertionError"),
        ("def double(x): exit(0)", Kind.EARLY_EXIT, "double(2)"),
        slow("def double(x): return double(x)", Kind.RUNTIME_ERROR, "RecursionError"),
        ("def double(x): return [0] * 10 ** 9", Kind.MEMORY_LIMIT, "MemoryError"),
        ("import os; os.abort()", Kind.RUNTIME_ERROR, "signal 6"),
    ],
)
def test_failures_are_told_apart(strongest, submission, kind, detail):
    grade = judge(strongest, DOUBLE, submission)
    assert grade.kind == kind and detail in grade.detail
    assert "answering.py" not in grade.detail


def test_time_is_up_for_a_call_and_for_all(strongest):
    slow = "import time\ndef double(x):\n    time.sleep(0.4)\n    return 2 * x"
    calls = judging.Tests(
        "for n in range(9): assert double(n) == 2 * n", names=("double",)
    )
    by_call = dataclasses.replace(calls, call_seconds=0.1)
    for tests in (by_call, dataclasses.replace(calls, seconds=1.0)):
        grade = judge(strongest, tests, slow)
        assert grade.kind == Kind.TIME_LIMIT and grade.seconds < 3


def test_arguments_are_changed_in_place(strongest):
    tests = judging.Tests(
        """
numbers, words, kept = [3, 1, 2], {"a": 1}, (1, [2])
change(numbers, words, kept, more=None)
assert numbers == [1, 2, 3] and words == {"b": [2]} and kept == (1, [2])
""",
        names=("change",),
    )
    submission = """
def change(numbers, words, kept, more):
    numbers.sort()
    words.clear()
    words["b"] = [2]
"""
    assert judge(strongest, tests, submission).passed


def test_objects_of_the_submission_stay_there(strongest):
    tests = judging.Tests(
        """
root = Node(1)
root.left = Node(2)
root.left.parent = root
assert depth(root) == 2 and root.left.parent.value == 1 and root.grow(3) == 4
assert sorted(numbers()) == [1, 2]
""",
        names=("Node", "depth", "numbers"),
    )
    submission = """
class Node:
    def __init__(self, value): self.value, self.left = value, None
    def grow(self, by): return self.value + by
def depth(node): return 1 + depth(node.left) if node else 0
def numbers(): yield from (2, 1)
"""
    assert judge(strongest, tests, submission).passed


def test_functions_can_be_handed_back(strongest):
    tests = judging.Tests("assert twice(add, 1) == 3", names=("twice", "add"))
    submission = """
def add(x): return x + 1
def twice(f, x): return f(f(x))
"""
    assert judge(strongest, tests, submission).passed


def test_exceptions_can_be_expected(strongest):
    tests = judging.Tests(
        """
try: refuse(1)
except ValueError as error: assert str(error) == "no 1"
else: assert False
""",
        names=("refuse",),
    )
    raising = "class No(ValueError): pass\ndef refuse(x): raise {}"
    assert judge(strongest, tests, raising.format("No(f'no {x}')")).passed
    assert not judge(strongest, tests, raising.format("KeyError(x)")).passed
    assert not judge(strongest, tests, raising.format("SystemExit(x)")).passed


def test_what_the_submission_prints_and_reads_harms_nobody(strongest):
    submission = """
import os, sys
print("x" * 10 ** 6, flush=True)
os.write(1, b"[]")
def double(x):
    print(x, sys.stdin.read())
    return x + x
"""
    assert judge(strongest, DOUBLE, submission).passed


@pytest.mark.slow
def test_much_crosses(strongest):
    tests = judging.Tests(
        "numbers = list(range(200_000))\nassert reverse(numbers) == numbers[::-1]",
        names=("reverse",),
    )
    assert judge(strongest, tests, "def reverse(x): return x[::-1]").passed


@pytest.mark.slow
def test_answer_that_is_too_long_is_no_answer(strongest):
    tests = dataclasses.replace(DOUBLE, memory_bytes=1024 * MIB)
    grade = judge(strongest, tests, "def double(x): return 'x' * (70 * 2 ** 20)")
    assert grade.kind == Kind.OUTPUT_LIMIT


def test_tests_that_cannot_run_are_nobodys_failure(strongest):
    for source in ("import no_such_module", "double(lambda: 1)"):
        grade = judge(
            strongest,
            judging.Tests(source, names=("double",)),
            "def double(x): return x",
        )
        assert grade.kind == Kind.NOT_RUN and "cannot be run here" in grade.detail


def test_codes_of_the_tests_come_back(strongest):
    tests = judging.Tests(
        "__codes__.append(1)\nassert double(1) == 3", names=("double",)
    )
    assert judge(strongest, tests, "def double(x): return 2 * x").codes == (1,)
