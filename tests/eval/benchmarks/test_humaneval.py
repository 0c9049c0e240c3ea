"""HumanEval and HumanEval+, on rows of our own."""

import gzip
import json

import pytest

from data_pipeline.schema import UserError
from eval.benchmarks import humaneval
from eval.benchmarks.problem import Kind
from tests.eval.benchmarks.written import golden, graded, slow, write

HEAD = '''import math


def half(x: float) -> float:
    """ Half of the square of a number.
    >>> root(2.0)
    2.0
    """
    return x * x / 2


def root(x: float) -> float:
    """ The number that half gives x for. """
'''
ROW = {
    "task_id": "HumanEval/0",
    "prompt": HEAD,
    "entry_point": "root",
    "canonical_solution": "    return math.sqrt(2 * x)\n",
    "test": """
METADATA = {}


def check(candidate):
    assert candidate(2.0) == 2.0
    for x in range(5):
        assert math.isclose(half(candidate(x)), x)
""",
}
PLUS = {
    **{key: ROW[key] for key in ROW if key != "test"},
    "base_input": [[2.0], [8.0]],
    "plus_input": [[0], [0.5], [1e-9]],
    "atol": 0,
    "contract": "",
}


@pytest.fixture
def plain(tmp_path):
    return humaneval.load(write(tmp_path / "HumanEval.jsonl", [ROW]))


@pytest.fixture
def extended(tmp_path):
    return humaneval.load(write(tmp_path / "HumanEvalPlus.jsonl", [PLUS]))


def test_prompt_is_the_head_alone(plain):
    prompt = plain.prompt(plain.problems[0])
    assert prompt.text == HEAD and "\ndef" in prompt.stop


def test_solution_passes(plain, strongest):
    assert golden(plain, strongest).passed


@pytest.mark.parametrize(
    "completion, kind",
    [
        ("", Kind.MALFORMED),
        ("    pass\n", Kind.WRONG_ANSWER),
        slow("    # TODO\n    raise NotImplementedError\n", Kind.RUNTIME_ERROR),
        ("    return 2.0\n", Kind.WRONG_ANSWER),
        slow("    return x +\n", Kind.COMPILE_ERROR),
        ("    import time; time.sleep(9)\n", Kind.TIME_LIMIT),
    ],
)
def test_what_fails(plain, strongest, completion, kind):
    assert graded(plain, strongest, completion).kind == kind


def test_helpers_of_the_tests_are_the_prompts_own(plain, strongest):
    """Not what a submission makes of them."""
    completion = "    return 2.0\n\nhalf = lambda x: Everything()\n"
    block = f"```python\n{HEAD}{completion}```"
    assert graded(plain, strongest, block).kind == Kind.WRONG_ANSWER


def test_model_may_go_on_or_begin_again(plain, strongest):
    going_on = (
        "    return math.sqrt(2 * x)\n\ndef more():\n    1 / 0\n\nprint(root('a'))"
    )
    again = (
        "Sure:\n```python\nimport math\ndef root(x):\n    return math.sqrt(2*x)\n```"
    )
    assert graded(plain, strongest, going_on).passed
    assert graded(plain, strongest, again).passed


def test_all_inputs_count(extended, strongest):
    assert extended.name == "HumanEval+"
    assert golden(extended, strongest).passed
    only_base = "    return {2.0: 2.0, 8.0: 4.0}[x]\n"
    assert graded(extended, strongest, only_base).kind == Kind.RUNTIME_ERROR


@pytest.mark.parametrize(
    "result, passes",
    [
        ("math.sqrt(2 * x) + 9e-7", True),  # floats may be 1e-6 away
        ("math.sqrt(2 * x) + 2e-6", False),
        slow("[math.sqrt(2 * x) + 9e-7]", False),
        slow("str(math.sqrt(2 * x))", False),
        slow("None", False),
    ],
)
def test_floats_need_only_be_close(extended, strongest, result, passes):
    assert graded(extended, strongest, f"    return {result}\n").passed == passes


def test_roots_are_tried_out(tmp_path, strongest):
    """Problem 32 has many right results."""
    row = {
        **{**PLUS, "entry_point": "find_zero", "atol": 1e-4},
        "prompt": 'def find_zero(xs):\n    """ A zero of a polynomial. """\n',
        "canonical_solution": "    return 2\n",
        "base_input": [[[-4, 0, 1]]],
        "plus_input": [[[-4, 0, 1]]],
    }
    benchmark = humaneval.load(write(tmp_path / "rows.jsonl", [row]))
    assert graded(benchmark, strongest, "    return -2.0\n").passed
    assert not graded(benchmark, strongest, "    return 1.9\n").passed


def test_gzip_is_read(tmp_path):
    path = tmp_path / "HumanEval.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(ROW).encode()))
    assert humaneval.load(path).problems[0].id == "HumanEval/0"


def test_missing_fields_are_named(tmp_path):
    for row, field in ((ROW, "test"), (ROW, "prompt"), (PLUS, "atol")):
        less = {key: row[key] for key in row if key != field}
        with pytest.raises(UserError, match=f"row.*{field}|{field}"):
            humaneval.load(write(tmp_path / "rows.jsonl", [less]))
