"""Scenario 2: repairing one's own program, given what went wrong with it."""

from __future__ import annotations

import dataclasses
import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from data_pipeline.schema import UserError
from eval.benchmarks import grading, jsonl, ledger, samples
from eval.benchmarks.livecodebench import custom, generation
from eval.benchmarks.livecodebench.generation import STOP, Generation
from eval.benchmarks.problem import Grade, Kind, Problem, Prompt
from eval.sandbox.sandbox import Sandbox

_TASK = (
    "The program below was written to solve the problem, but it fails. First say in "
    "two or three sentences what is wrong with it. Then write the whole program again, "
    "mended, in one code block.\n\n"
)
_FORMAT = """### Format: Read the input from stdin and write the answer to stdout, or \
keep the class and function that the program has. Enclose the program in a code block \
like this.
```python
# YOUR CODE HERE
```

### Answer: (in the format above, with the backticks)

"""
_LISTS = ("code_list", "graded_list", "metadata")
_TOLD = {
    -2: "The program gives a wrong answer.",
    -3: "The program takes too long.",
    -4: "The program ends with an error.",
    -5: "The program ends before it has answered.",
}


@dataclasses.dataclass(frozen=True)
class Repair:
    """A `benchmark.Benchmark` with a problem for each sample of an earlier run.

    As the authors have it, a program that was right counts without being asked about:
    its prompt is empty, and it is itself the submission, whatever a model says.

    Attributes:
      written: the scenario that the samples come from.
    """

    problems: Sequence[Problem]
    written: Generation
    name: str = "LiveCodeBench, self-repair"

    def prompt(self, problem: Problem) -> Prompt:
        row = problem.row
        if row["graded"]:
            return Prompt("", STOP)
        wrong = row["wrong"]
        told = _TOLD.get(wrong.get("error_code"), "The program fails.")
        program = f"### Answer:\n```python\n{row['code']}\n```\n\n"
        said = f"{told}\n{_said(wrong)}\n\n"
        return Prompt(_TASK + generation.question(row) + program + said + _FORMAT, STOP)

    def extract(self, problem: Problem, completion: str) -> str:
        return (
            problem.row["code"]
            if problem.row["graded"]
            else generation.last_block(completion)
        )

    def grade(self, problem: Problem, submission: str, sandbox: Sandbox) -> Grade:
        original = Problem(problem.row["question_id"], problem.language, problem.row)
        return self.written.grade(original, submission, sandbox)

    def gold(self, problem: Problem) -> None:
        """The authors publish no solutions."""


def _said(wrong: Mapping[str, Any]) -> str:
    """What was wrong: of our own files in one field, of the authors' in several."""
    named = (
        ("inputs", "Input"),
        ("output", "Generated Output"),
        ("expected", "Expected"),
    )
    lines = [f"{title}: {wrong[field]}" for field, title in named if field in wrong]
    return "\n".join([*lines, *([wrong["error"]] if "error" in wrong else [])])


def _own(output: pathlib.Path, written: Generation) -> list[dict[str, Any]]:
    """The samples in a folder that `benchmark livecodebench` wrote, as the authors'
    file has them; those that could not be run are left out.

    Raises:
      UserError: there are none, or they are malformed.
    """
    answers: dict[str, list[str]] = {}
    given: dict[str, list[Grade]] = {}
    by_id = {problem.id: problem for problem in written.problems}
    for name in (grading.FILE, samples.FILE):
        if not (output / name).is_file():
            raise UserError(f"{output} has no {name}: run `livecodebench` first.")
    path = output / grading.FILE
    with ledger.opened(path) as book:
        grades = grading.read(book, path)
    fields = ("problem", "index", "completion")
    rows = jsonl.rows(output / samples.FILE, fields)
    for row in sorted(rows, key=lambda row: row["index"]):
        problem = by_id.get(row["problem"])
        grade = grades.get((row["problem"], row["index"]))
        if problem and grade and grade.kind != Kind.NOT_RUN:
            answer = written.extract(problem, row["completion"])
            answers.setdefault(problem.id, []).append(answer)
            given.setdefault(problem.id, []).append(grade)
    problems = [by_id[name] for name in answers]
    return custom.evaluated(problems, answers, given, written.cases)


def load(path: pathlib.Path, evaluated: pathlib.Path) -> Repair:
    """Reads the samples of the generation scenario with their grades.

    Args:
      path: as `generation.load` takes it.
      evaluated: the output of our own run of `livecodebench`; or an `_eval_all.json`,
        of the authors or of `custom.write`.

    Raises:
      UserError: it is malformed, or is of other problems.
    """
    written = generation.load(path)
    by_id = {problem.id: problem for problem in written.problems}
    problems = []
    rows = _own(evaluated, written) if evaluated.is_dir() else None
    for row in custom.objects(evaluated) if rows is None else rows:
        original = by_id.get(str(row.get("question_id")))
        if original is None:
            continue
        lists = [row.get(name) or [] for name in _LISTS]
        if not lists[0] or len(set(map(len, lists))) > 1:
            raise UserError(
                f"{evaluated}: {original.id!r} needs a code_list, a graded_list and "
                "metadata of the same length."
            )
        for number, (code, graded, told) in enumerate(zip(*lists, strict=True)):
            try:
                wrong = json.loads(told) if isinstance(told, str) else dict(told)
            except (ValueError, TypeError) as error:
                raise UserError(
                    f"{evaluated}: metadata of {original.id!r} is no JSON ({error})."
                ) from error
            sample = {"code": code, "graded": bool(graded), "wrong": wrong}
            name = f"{original.id}/{number}"
            problems.append(
                Problem(name, "python", {**original.row, **sample}, original.id)
            )
    if not problems:
        raise UserError(f"{evaluated} has no sample of the problems of the benchmark.")
    return Repair(problems, written)
