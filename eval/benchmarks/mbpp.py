"""MBPP, arXiv:2108.07732, its sanitized subset, and MBPP+ of EvalPlus.

The prompt and its three examples, tasks 2, 3 and 4, are those of the authors' README
(https://github.com/google-research/google-research/tree/master/mbpp). A submission
passes if all of `test_list` holds; the authors' challenge tests are not part of it, and
the time limit, of which they say nothing, is HumanEval's.

The tests run in another process than the submission. What they use beside its functions
and classes (as `sys` in task 596) is imported for them, as the reference imports it.
"""

from __future__ import annotations

import ast
import builtins
import dataclasses
import json
import pathlib
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from data_pipeline import syntax
from data_pipeline.schema import UserError
from eval.benchmarks import extraction, jsonl, plus
from eval.benchmarks.judge.judging import Tests, judge
from eval.benchmarks.problem import Grade, Kind, Problem, Prompt
from eval.sandbox.sandbox import Sandbox

STOP = ("[DONE]",)
PLUS_STOP = ('\n"""', "\nassert", "\nif __name__", "\ndef main(", "\nprint(")
"""EvalPlus, for models that go on with a docstring."""

EXAMPLES = ("2", "3", "4")
_FIELDS = ("task_id", "code", "test_list")
_PLUS_FIELDS = (
    *("task_id", "prompt", "entry_point", "canonical_solution"),
    *("base_input", "plus_input", "atol"),
)


@dataclasses.dataclass(frozen=True)
class Mbpp:
    """A `benchmark.Benchmark`: models write a function after its description.

    Attributes:
      tests: of each problem, by its id; those of MBPP+, which are large, are made when
        they are needed.
      examples: rows that the prompt shows with their solutions.
    """

    problems: Sequence[Problem]
    name: str
    tests: Mapping[str, Tests]
    examples: Sequence[Mapping[str, Any]] = ()

    def prompt(self, problem: Problem) -> Prompt:
        if plus.has_inputs(problem.row):
            return Prompt(problem.row["prompt"], PLUS_STOP)
        shown = [
            f"{_task(row)}{_plain(row['code'])}\n[DONE]\n" for row in self.examples
        ]
        return Prompt("\n".join([*shown, _task(problem.row)]), STOP)

    def extract(self, problem: Problem, completion: str) -> str:
        block = extraction.code(completion, ("python", "py"))
        if block is None:
            stop = PLUS_STOP if plus.has_inputs(problem.row) else STOP
            block = extraction.until(completion.rpartition("[BEGIN]")[2], stop)
        return block if block.strip() else ""

    def grade(self, problem: Problem, submission: str, sandbox: Sandbox) -> Grade:
        if not submission:
            return Grade(Kind.MALFORMED, "There is no code in the answer.")
        row = problem.row
        if plus.has_inputs(row):
            return judge(sandbox, plus.tests(row, "mbpp"), submission)
        return judge(sandbox, self.tests[problem.id], submission)

    def gold(self, problem: Problem) -> str:
        row = problem.row
        return row["canonical_solution"] if plus.has_inputs(row) else row["code"]


def load(path: pathlib.Path) -> Mbpp:
    """Reads `mbpp.jsonl`, `sanitized-mbpp.json` or a file of MBPP+.

    A file without tasks 2, 3 and 4, which the prompt shows, is asked without examples,
    and the benchmark's name says so.

    Raises:
      UserError: a row is malformed.
    """
    rows = _rows(path)
    extended = plus.has_inputs(rows[0])
    for number, row in enumerate(rows, start=1):
        needed = _PLUS_FIELDS if extended else _FIELDS
        jsonl.needs(row, needed, f"{path}, row {number}")
        if "text" not in row and "prompt" not in row:
            raise UserError(f"{path}, row {number} has no field 'text' or 'prompt'.")
    problems = [Problem(str(row["task_id"]), "python", row) for row in rows]
    if extended:
        return Mbpp(problems, "MBPP+", {})
    tests = {}
    with warnings.catch_warnings():  # about escapes in strings of the solutions
        warnings.simplefilter("ignore")
        for problem in problems:
            try:
                tests[problem.id] = _tests(problem.row)
            except (*syntax.UNREADABLE, TypeError, AttributeError) as error:
                raise UserError(
                    f"{path}: task {problem.id} has malformed code or tests ({error})."
                ) from error
    by_id = {problem.id: problem.row for problem in problems}
    examples = [by_id[name] for name in EXAMPLES if name in by_id]
    if len(examples) < len(EXAMPLES):
        examples = []
    return Mbpp(problems, f"MBPP, {len(examples)} examples", tests, examples)


def _rows(path: pathlib.Path) -> list[dict[str, Any]]:
    if path.suffix != ".json":
        return jsonl.rows(path)
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read ({error}).") from error
    if not (isinstance(rows, list) and rows and all(isinstance(r, dict) for r in rows)):
        raise UserError(f"{path} must be a JSON array of objects.")
    return rows


def _plain(text: str) -> str:
    """With the line ends of this system: the file has those of another one."""
    return text.replace("\r\n", "\n")


def _task(row: Mapping[str, Any]) -> str:
    text = row.get("text") or row["prompt"]
    tests = "\n".join(map(str.strip, row["test_list"]))
    return (
        f"You are an expert Python programmer, and here is your task: {text.strip()} "
        f"Your code should pass these tests:\n\n{tests}\n[BEGIN]\n"
    )


def _tests(row: Mapping[str, Any]) -> Tests:
    setup = _plain(row.get("test_setup_code") or "")
    source = "\n".join([setup, *row["test_list"]])
    body = syntax.module(_plain(row["code"])).body
    imports = [node for node in body if isinstance(node, (ast.Import, ast.ImportFrom))]
    context = [*row.get("test_imports", ()), *map(ast.unparse, imports)]
    nodes = [
        node for node in ast.walk(syntax.module(source)) if isinstance(node, ast.Name)
    ]
    bound = {node.id for node in nodes if isinstance(node.ctx, ast.Store)}
    used = {node.id for node in nodes} - bound
    known = {
        name for node in syntax.module("\n".join(context)).body for name in _binds(node)
    }
    defined = {name for node in body for name in _binds(node)} - known
    names = {name for name in used if name in defined or not hasattr(builtins, name)}
    return Tests(source, names=tuple(sorted(names - known)), context="\n".join(context))


def _binds(node: ast.stmt) -> list[str]:
    """Names that a statement of a module defines."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [(a.asname or a.name).partition(".")[0] for a in node.names]
    names = [one for one in ast.walk(node) if isinstance(one, ast.Name)]
    return [one.id for one in names if isinstance(one.ctx, ast.Store)]
