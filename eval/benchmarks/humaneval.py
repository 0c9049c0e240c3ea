"""HumanEval, arXiv:2107.03374, and HumanEval+ of EvalPlus, arXiv:2305.01210.

The rules are those of the authors' `human_eval/execution.py`: the prompt and what the
model went on with are one program, the tests a function `check(candidate)`, and all has
three seconds. The tests run in another process than the submission; what they use of
the prompt (as the encoder of problem 38) they get from the prompt itself, not from the
submission.
"""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from eval.benchmarks import continuation, jsonl, plus
from eval.benchmarks.judge.judging import Tests, judge
from eval.benchmarks.problem import Grade, Kind, Problem, Prompt
from eval.sandbox.sandbox import Sandbox

STOP = ("\nclass", "\ndef", "\n#", "\nif", "\nprint")
"""Section 2.1 of the paper."""

_FIELDS = ("task_id", "prompt", "entry_point", "canonical_solution")
_SECONDS = 3.0


@dataclasses.dataclass(frozen=True)
class HumanEval:
    """A `benchmark.Benchmark`: models go on with a documented head of a function."""

    problems: Sequence[Problem]
    name: str = "HumanEval"

    def prompt(self, problem: Problem) -> Prompt:
        return Prompt(problem.row["prompt"], STOP)

    def extract(self, problem: Problem, completion: str) -> str:
        """The whole source, the prompt's part included."""
        row = problem.row
        return continuation.whole(
            "python", row["prompt"], row["entry_point"], completion, STOP
        )

    def grade(self, problem: Problem, submission: str, sandbox: Sandbox) -> Grade:
        if not submission:
            return Grade(Kind.MALFORMED, "There is no code in the answer.")
        row = problem.row
        if plus.has_inputs(row):
            return judge(sandbox, plus.tests(row, "humaneval"), submission)
        return judge(sandbox, function_tests(row, row["prompt"]), submission)

    def gold(self, problem: Problem) -> str:
        return problem.row["canonical_solution"]


def function_tests(row: Mapping[str, Any], head: str) -> Tests:
    """The tests of a row whose `test` defines `check` and whose `entry_point` it takes.

    Args:
      head: source up to and with the function's documentation, for what else is in it.
    """
    entry = row["entry_point"]
    source = f"{row['test']}\ncheck({entry})\n"
    return Tests(source, names=(entry,), context=head, seconds=_SECONDS)


def load(path: pathlib.Path) -> HumanEval:
    """Reads `HumanEval.jsonl`, or a file of HumanEval+ (of EvalPlus), gzipped or not.

    Raises:
      UserError: a row is malformed.
    """
    rows = jsonl.rows(path, _FIELDS)
    extended = plus.has_inputs(rows[0])
    for number, row in enumerate(rows, start=1):
        needed = ("base_input", "plus_input", "atol") if extended else ("test",)
        jsonl.needs(row, needed, f"{path}, row {number}")
    problems = [Problem(row["task_id"], "python", row) for row in rows]
    return HumanEval(problems, "HumanEval+" if extended else "HumanEval")
