"""HumanEvalPack: HumanEval-X with bugs and instructions. arXiv:2308.07124.

Three tasks, with the prompts of the authors' `instruct` format: to write a function
(HumanEvalSynthesize), to repair one whose tests (HumanEvalFixTests) or whose
description (HumanEvalFixDocs) is given. HumanEvalExplain is `humanevalpack_explain`.
"""

from __future__ import annotations

import dataclasses
import enum
import pathlib

from eval.benchmarks import humaneval_x
from eval.benchmarks.humaneval_x import STOP, HumanEvalX
from eval.benchmarks.problem import Problem, Prompt

FIELDS = (
    *("task_id", "prompt", "declaration", "canonical_solution", "test"),
    *("buggy_solution", "entry_point", "instruction"),
)


class Task(enum.StrEnum):
    SYNTHESIZE = "synthesize"
    FIX_TESTS = "fixtests"
    FIX_DOCS = "fixdocs"


@dataclasses.dataclass(frozen=True)
class HumanEvalPack(HumanEvalX):
    """A `benchmark.Benchmark`; `task` is what the model is asked to do."""

    name: str = "HumanEvalPack"
    task: Task = Task.SYNTHESIZE

    def prompt(self, problem: Problem) -> Prompt:
        row, head = problem.row, self.head(problem)
        if self.task == Task.SYNTHESIZE:
            asked = row["instruction"].strip()
        else:
            context = head + row["buggy_solution"]
            if self.task == Task.FIX_TESTS:
                context += f"\n{row['test']}"
            asked = f"{context}\nFix bugs in {row['entry_point']}."
        # Without the last line end, which a tokenizer would tear from the indentation.
        text = f"{asked}\n\n{head}".strip()
        return Prompt(text, STOP.get(problem.language, ()))

    def head(self, problem: Problem) -> str:
        row = problem.row
        if self.task != Task.FIX_TESTS:
            return row["prompt"].rstrip()
        # The tests say what is asked for, so the description is left out.
        return declaration(problem).rstrip()

    def entry(self, problem: Problem) -> str:
        return problem.row["entry_point"]


def declaration(problem: Problem) -> str:
    """The head of the function without its description."""
    main = "fn main(){}\n" if problem.language == "rust" else ""
    return main + problem.row["declaration"]


def load(path: pathlib.Path, task: Task = Task.SYNTHESIZE) -> HumanEvalPack:
    """Reads a file of one language, or a folder with a file for each.

    Raises:
      UserError: a row is malformed.
    """
    problems = humaneval_x.problems(path, FIELDS)
    return HumanEvalPack(problems, f"HumanEvalPack ({task})", task)
