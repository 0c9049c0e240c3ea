"""The exercises as a benchmark with one try; `tries.py` has both."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from typing import NamedTuple

from eval.benchmarks.edits import formats
from eval.benchmarks.edits.error import EditError
from eval.benchmarks.polyglot import exercise as exercises
from eval.benchmarks.polyglot import testing
from eval.benchmarks.polyglot.exercise import Exercise
from eval.benchmarks.polyglot.testing import Tested
from eval.benchmarks.problem import Grade, Kind, Problem, Prompt
from eval.sandbox.sandbox import Sandbox

# The wording of aider's `benchmark/prompts.py`, on which its board's numbers rest.
_TASK = """\
####

Use the above instructions to modify the supplied files: {files}
Don't change the names of existing functions or classes, as they may be referenced \
from other code like unit tests, etc.
Only use standard libraries, don't suggest installing any packages.
"""
_AGAIN = """\
####

See the testing errors above.
The tests are correct, don't try and change them.
Fix the code in {files} to resolve the errors.
"""


class Attempt(NamedTuple):
    """Attributes:
    files: the solution files after a reply.
    tested: what the tests said.
    """

    files: dict[str, str]
    tested: Tested


class Polyglot:
    """See `benchmark.Benchmark`; a submission is a reply in the edit format.

    Attributes:
      name: with the edit format, on which the numbers depend.
    """

    def __init__(self, found: list[Exercise], edit_format: str):
        self.name = f"polyglot ({edit_format})"
        self.format = formats.require(edit_format)
        self._exercises = {one.id: one for one in found}
        self.problems = [
            Problem(one.id, one.language, {"name": one.name}) for one in found
        ]

    def exercise(self, problem: Problem) -> Exercise:
        """What a problem's folder holds."""
        return self._exercises[problem.id]

    def prompt(self, problem: Problem) -> Prompt:
        """The first try."""
        exercise = self.exercise(problem)
        names = " ".join(pathlib.PurePath(path).name for path in exercise.stubs)
        task = f"{exercise.instructions}\n{_TASK.format(files=names)}"
        return self._prompt(exercise.stubs, task)

    def again(self, problem: Problem, files: Mapping[str, str], output: str) -> Prompt:
        """The second try.

        Args:
          files: the solution files after the first.
          output: of the tests.
        """
        names = " ".join(
            pathlib.PurePath(path).name for path in self.exercise(problem).stubs
        )
        first = self.exercise(problem).instructions
        task = f"{first}\n####\n\n{output}\n{_AGAIN.format(files=names)}"
        return self._prompt(files, task)

    def extract(self, problem: Problem, completion: str) -> str:
        """The reply as it is: an edit is read together with the files that it edits."""
        return completion if completion.strip() else ""

    def attempt(
        self, problem: Problem, files: Mapping[str, str], reply: str, sandbox: Sandbox
    ) -> Attempt:
        """Applies a reply to solution files and runs the tests.

        Raises:
          EditError: the reply cannot be applied.
          SandboxError: the tests were not run, through no fault of the submission.
        """
        exercise = self.exercise(problem)
        after = self.format.apply(reply, files, list(exercise.stubs))
        return Attempt(after, testing.run(exercise, after, sandbox))

    def grade(self, problem: Problem, submission: str, sandbox: Sandbox) -> Grade:
        """Runs the tests on one reply."""
        try:
            stubs = self.exercise(problem).stubs
            _, tested = self.attempt(problem, stubs, submission, sandbox)
        except EditError as error:
            return Grade(Kind.MALFORMED, str(error))
        detail = "" if tested.kind == Kind.PASSED else tested.output
        return Grade(tested.kind, detail, tested.seconds)

    def gold(self, problem: Problem) -> str | None:
        """The authors' example, as a reply."""
        exercise = self.exercise(problem)
        solution = exercise.solution()
        if solution is None:
            return None
        try:
            return self.format.write(exercise.stubs, {**exercise.stubs, **solution})
        except EditError:  # this format cannot say it
            return None

    def _prompt(self, files: Mapping[str, str], task: str) -> Prompt:
        listed = self.format_files(files)
        return Prompt(f"{self.format.instructions}\n{listed}\n{task}")

    @staticmethod
    def format_files(files: Mapping[str, str]) -> str:
        """Files as a model sees them."""
        return formats.FORMATS["whole"].write({}, files)


def load(path: pathlib.Path, edit_format: str = "whole") -> Polyglot:
    """The exercises of a checkout of Aider-AI/polyglot-benchmark.

    Args:
      path: the folder that holds `<language>/exercises/practice/<name>`.
      edit_format: `whole`, `diff` or `udiff`.

    Raises:
      UserError: the folder, an exercise or the format is not what it must be.
    """
    return Polyglot(exercises.load(path), edit_format)
