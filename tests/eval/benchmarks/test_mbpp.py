"""MBPP and MBPP+, on rows of our own."""

import json

import pytest

from data_pipeline.schema import UserError
from eval.benchmarks import mbpp
from eval.benchmarks.problem import Kind
from tests.eval.benchmarks.written import golden, graded, slow, write


def row(number, text, code, *tests, setup=""):
    return {
        "task_id": number,
        "text": text,
        "code": code.replace("\n", "\r\n"),
        "test_list": list(tests),
        "test_setup_code": setup,
        "challenge_test_list": [],
    }


ADD = row(
    1,
    "Write a function to add.",
    "def add(a, b):\n  return a + b",
    "assert add(1, 2) == 3",
    "assert (add('a', 'b')) == 'ab'",
    "assert add((1,), (2,))==(1, 2) ",
)
DEPTH = row(
    5,
    "Write a function for the depth of a tree.",
    "import sys\nclass Node:\n  def __init__(self, x):\n    self.left = None\n"
    "def depth(node):\n  return 1 + depth(node.left) if node else 0",
    "assert depth(root) == 2",
    "assert sys.getsizeof(depth(root)) == sys.getsizeof(2)",
    setup="root = Node(1)\r\nroot.left = Node(2)",
)
OTHERS = [
    row(n, f"Write task {n}.", f"def f{n}(): return {n}", f"assert f{n}() == {n}")
    for n in (2, 3, 4)
]


@pytest.fixture
def benchmark(tmp_path):
    return mbpp.load(write(tmp_path / "mbpp.jsonl", [ADD, *OTHERS, DEPTH]))


def test_prompt_has_the_published_form(benchmark):
    prompt = benchmark.prompt(benchmark.problems[0])
    assert prompt.stop == ("[DONE]",)
    shown = prompt.text.split("\n\nYou are an expert Python programmer, and here is")
    assert len(shown) == 4
    assert shown[0].endswith("\n[BEGIN]\ndef f2(): return 2\n[DONE]")
    assert shown[3] == (
        " your task: Write a function to add. Your code should pass these tests:\n\n"
        "assert add(1, 2) == 3\nassert (add('a', 'b')) == 'ab'\n"
        "assert add((1,), (2,))==(1, 2)\n[BEGIN]\n"
    )


def test_without_the_examples_the_name_says_so(tmp_path):
    benchmark = mbpp.load(write(tmp_path / "mbpp.jsonl", [ADD]))
    assert benchmark.name == "MBPP, 0 examples"
    assert benchmark.prompt(benchmark.problems[0]).text.count("[BEGIN]") == 1


@pytest.mark.parametrize("place", [0, 4])
def test_solution_passes(benchmark, strongest, place):
    assert golden(benchmark, strongest, place).passed


@pytest.mark.parametrize(
    "completion, kind",
    [
        ("", Kind.MALFORMED),
        slow("pass", Kind.RUNTIME_ERROR),
        ("def add(a, b):\n    # TODO\n    pass", Kind.WRONG_ANSWER),
        ("def add(a, b): return 3", Kind.WRONG_ANSWER),
        slow("exit()", Kind.EARLY_EXIT),
    ],
)
def test_what_fails(benchmark, strongest, completion, kind):
    assert graded(benchmark, strongest, completion).kind == kind


def test_code_is_found_in_what_models_write(benchmark):
    code, problem = "def add(a, b): return a + b\n", benchmark.problems[0]
    for text in (
        f"{code}[DONE]\nYou are",
        f"[BEGIN]\n{code}[DONE]",
        f"Here:\n```python\n{code}```\nBye.",
    ):
        assert benchmark.extract(problem, text).strip() == code.strip()
    assert benchmark.extract(problem, " \n[DONE]") == ""


def test_functions_may_be_called_as_built_in_ones(tmp_path, strongest):
    code = "def sum(a, b): return a + b + 1"
    one = row(9, "Write.", code, "assert sum(1, 2) == 4", "assert int('3') == 3")
    benchmark = mbpp.load(write(tmp_path / "mbpp.jsonl", [one]))
    assert golden(benchmark, strongest).passed
    assert not graded(benchmark, strongest, "def total(a, b): return 4").passed


def test_sanitized_file_is_read(tmp_path, strongest):
    sanitized = {
        "source_file": "x",
        "task_id": 2,
        "prompt": "Write a function to halve.",
        "code": "def half(x): return x / 2",
        "test_imports": ["import math"],
        "test_list": ["assert math.isclose(half(1), 0.5)"],
    }
    path = tmp_path / "sanitized-mbpp.json"
    path.write_text(json.dumps([sanitized]))
    assert golden(mbpp.load(path), strongest).passed


def plus(number, entry, code, inputs):
    return {
        "task_id": f"Mbpp/{number}",
        "prompt": f'"""\nWrite {entry}.\n"""\n',
        "entry_point": entry,
        "canonical_solution": code,
        "base_input": inputs,
        "plus_input": inputs,
        "atol": 0,
    }


@pytest.mark.parametrize(
    "one, other, passes",
    [
        # Task 106 takes a tuple, which JSON does not have.
        (
            plus(106, "add", "def add(a, b): return b + tuple(a)", [[[1], [2]]]),
            "def add(a, b): return (*b, *a)",
            True,
        ),
        slow(
            plus(106, "add", "def add(a, b): return b + tuple(a)", [[[1], [2]]]),
            "def add(a, b): return [*b, *a]",
            False,
        ),
        # The order of what task 2 gives is left open.
        (
            plus(
                2,
                "similar_elements",
                "similar_elements = lambda a, b: a",
                [[[1, 2], []]],
            ),
            "similar_elements = lambda a, b: list(a)[::-1]",
            True,
        ),
        slow(
            plus(7, "find_char_long", "find_char_long = lambda a: [a]", [["abcd"]]),
            "find_char_long = lambda a: []",
            False,
        ),
        # Of these, only whether there is a result.
        (
            plus(
                1, "check_str", "import re\ncheck_str = re.compile('a').match", [["a"]]
            ),
            "import re\ncheck_str = re.compile('.').match",
            True,
        ),
        slow(
            plus(
                1, "check_str", "import re\ncheck_str = re.compile('a').match", [["a"]]
            ),
            "check_str = lambda text: None",
            False,
        ),
    ],
    ids=lambda value: "" if isinstance(value, dict) else None,
)
def test_plus_rows_have_their_rules(tmp_path, strongest, one, other, passes):
    benchmark = mbpp.load(write(tmp_path / "plus.jsonl", [one]))
    assert benchmark.name == "MBPP+"
    assert golden(benchmark, strongest).passed
    assert graded(benchmark, strongest, other).passed == passes


def test_malformed_files_are_named(tmp_path):
    path = tmp_path / "sanitized.json"
    path.write_text('{"task_id": 1}')
    with pytest.raises(UserError, match="array of objects"):
        mbpp.load(path)
    with pytest.raises(UserError, match="task 1 has malformed code or tests"):
        mbpp.load(write(tmp_path / "rows.jsonl", [{**ADD, "code": "def"}]))
    less = {key: ADD[key] for key in ADD if key != "text"}
    with pytest.raises(UserError, match="row 1 has no field 'text' or 'prompt'"):
        mbpp.load(write(tmp_path / "rows.jsonl", [less]))
