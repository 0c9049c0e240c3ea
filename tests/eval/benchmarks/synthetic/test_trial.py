"""What a function returned, and what is said of it to whoever is to repair it."""

import pytest

from data_pipeline.programs import generator, scenarios
from eval.benchmarks.problem import Kind
from eval.benchmarks.synthetic import rows, trial

ROW = {"language": "python", "name": "twice", "types": ["int"]}
CALLS, WANTED = [[1], [2], [5]], ["2", "4", "10"]


@pytest.mark.parametrize(
    "body, kind, passed, said",
    [
        ("2 * n", Kind.PASSED, (True, True, True), None),
        (
            "n + 1",
            Kind.WRONG_ANSWER,
            (True, False, False),
            "twice(2) returned 3, expected 4",
        ),
        (
            "2 * n if n < 3 else 1 // 0",
            Kind.RUNTIME_ERROR,
            (True, True, False),
            "twice(5) returned no value, expected 10",
        ),
        ("2 *", Kind.COMPILE_ERROR, (False, False, False), None),
        (
            "{str(n): 2}",
            Kind.WRONG_ANSWER,
            (False, False, False),
            'twice(1) returned {"1": 2}, expected 2',
        ),
        (
            "[(str(n), 2)]",
            Kind.WRONG_ANSWER,
            (False, False, False),
            'twice(1) returned [["1", 2]], expected 2',
        ),
        (
            "(n, 2)",
            Kind.WRONG_ANSWER,
            (False, False, False),
            "twice(1) returned tuple [1, 2], expected 2",
        ),
        (
            "{2} - {n}",
            Kind.RUNTIME_ERROR,
            (False, False, False),
            "twice(1) returned no value, expected 2",
        ),
    ],
)
def test_what_is_told_of_a_run(body, kind, passed, said, strongest):
    source = f"def twice(n):\n    return {body}\n"
    found = trial.run(ROW, source, CALLS, WANTED, strongest)
    assert (found.kind, found.passed) == (kind, passed)
    assert found.share == sum(passed) / 3
    assert trial.failure("twice", CALLS, WANTED, found) == said


def test_public_tests_are_passed_by_the_answer_and_none_is_hidden(strongest):
    (row,) = rows.generate("test", 0, 1, ["repair"], ["python"])
    calls, wanted = row["public_calls"], row["public_expected"]
    found = trial.run(row, row["response"], calls, wanted, strongest)
    assert found.kind == Kind.PASSED and len(found.passed) == generator.EXAMPLES
    assert not any(call in row["calls"] for call in calls)


def test_a_failure_is_said_as_in_the_prompts_of_repair(strongest):
    """The planted bug, run, gives the very prompt that shows it."""
    for row in rows.generate("test", 0, 4, ["repair"], ["python"], level=1):
        statement, *source, wrong = row["prompt"].splitlines()
        calls, wanted = row["public_calls"], row["public_expected"]
        found = trial.run(row, "\n".join(source), calls, wanted, strongest)
        failure = trial.failure(row["name"], calls, wanted, found)
        asked = scenarios.repair_prompt(statement, "\n".join(source), failure)
        assert asked == row["prompt"]
        assert wrong.startswith("This is wrong: ")
