"""CRUXEval's two tasks, on rows of our own."""

import pytest

from data_pipeline.schema import UserError
from eval.benchmarks import cruxeval
from eval.benchmarks.cruxeval import Task
from eval.benchmarks.problem import Kind
from tests.eval.benchmarks.written import golden, graded, slow, write

ROWS = [
    {
        "id": "sample_0",
        "code": "def f(text, n):\n    return {text: [n] * 2}",
        "input": "'a', 1",
        "output": "{'a': [1, 1]}",
    },
    {
        "id": "sample_1",
        "code": "from collections import Counter\ndef f(x): return Counter(x) == x",
        "input": "'a==b'",
        "output": "False",
    },
]
YES = "type('Yes', (), {'__eq__': lambda *_: True})()"


@pytest.fixture
def load(tmp_path):
    path = write(tmp_path / "cruxeval.jsonl", ROWS)
    return lambda *options, **more: cruxeval.load(path, *options, **more)


@pytest.mark.parametrize("task", Task)
@pytest.mark.parametrize("reasoning", [False, True])
def test_solution_passes(load, strongest, task, reasoning):
    assert golden(load(task, reasoning), strongest).passed


def test_solution_passes_where_the_rules_would_tear_the_assertion(load, strongest):
    """They cut at the first `==`. No row of the published file has one in its input."""
    assert golden(load(Task.OUTPUT), strongest, place=1).passed


def test_prompts_show_what_is_given_alone(load):
    for reasoning, end in ((False, "[ANSWER]\n"), (True, "[THOUGHT]\n")):
        benchmark = load(Task.OUTPUT, reasoning)
        text = benchmark.prompt(benchmark.problems[0]).text
        assert text.endswith(f"assert f('a', 1) == ??\n[/PYTHON]\n{end}")
        assert ROWS[0]["output"] not in text
        benchmark = load(Task.INPUT, reasoning)
        text = benchmark.prompt(benchmark.problems[0]).text
        assert text.endswith(f"assert f(??) == {{'a': [1, 1]}}\n[/PYTHON]\n{end}")
        assert ROWS[0]["input"] not in text


@pytest.mark.parametrize(
    "answer, kind",
    [
        ("", Kind.MALFORMED),
        ("assert f('a', 1) == {'a': [1, 1]}", Kind.PASSED),
        ("{'a': [1] * 2} # of course", Kind.PASSED),
        slow("{'a': [1]}", Kind.WRONG_ANSWER),
        slow("pass", Kind.COMPILE_ERROR),
        slow("TODO", Kind.RUNTIME_ERROR),
        ("assert f('a', 1) == f('a', 1)", Kind.MALFORMED),
        ("f('a',1)", Kind.RUNTIME_ERROR),  # is no value
        (YES, Kind.WRONG_ANSWER),
        slow("1)\nimport os; os._exit(0)\n(2", Kind.EARLY_EXIT),
    ],
)
def test_outputs(load, strongest, answer, kind):
    assert graded(load(Task.OUTPUT), strongest, answer).kind == kind


@pytest.mark.parametrize(
    "answer, kind",
    [
        ("", Kind.MALFORMED),
        ("assert f('a', 1) == {'a': [1, 1]}", Kind.PASSED),
        slow("f(n=1, text='a')", Kind.PASSED),
        slow("f('a', 1.0)", Kind.PASSED),  # equal, as the authors compare
        ("f('b', 1)", Kind.WRONG_ANSWER),
        slow("f('a')", Kind.WRONG_ANSWER),
        ("{'a': [1, 1]}", Kind.MALFORMED),
        ("[f(0, 0), {'a': [1, 1]}][1]", Kind.WRONG_ANSWER),  # leads around the function
        (f"f({YES}, 1)", Kind.WRONG_ANSWER),
    ],
)
def test_inputs(load, strongest, answer, kind):
    assert graded(load(Task.INPUT), strongest, answer).kind == kind


def test_malformed_rows_are_named(tmp_path):
    row = {**ROWS[0], "output": 3}
    with pytest.raises(UserError, match="row 1: 'output' must be a text"):
        cruxeval.load(write(tmp_path / "rows.jsonl", [row]), Task.INPUT)
