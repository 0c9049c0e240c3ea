"""The exercises as a benchmark, with one try; `tries.py` has both."""

from __future__ import annotations

import pathlib

from eval.benchmarks.edits import formats
from eval.benchmarks.edits.error import EditError
from eval.benchmarks.polyglot import exercise as exercises
from eval.benchmarks.polyglot import testing
from eval.benchmarks.polyglot.conversation import Conversation
from eval.benchmarks.polyglot.exercise import Exercise
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
            Problem(one.id, one.language, {"name": one.name}, one.name) for one in found
        ]

    def exercise(self, problem: Problem) -> Exercise:
        """What a problem's folder holds."""
        return self._exercises[problem.id]

    def prompt(self, problem: Problem) -> Prompt:
        """How a model's first try begins."""
        conversation = Conversation(self.format.instructions)
        return conversation.prompt(self.exercise(problem).stubs, self.task(problem))

    def task(self, problem: Problem) -> str:
        """What the first try asks for."""
        exercise = self.exercise(problem)
        return f"{exercise.instructions}\n{_TASK.format(files=_names(exercise))}"

    def again(self, problem: Problem, output: str) -> str:
        """What the second try asks for.

        Args:
          output: of the tests, after the first.
        """
        return f"{output}\n{_AGAIN.format(files=_names(self.exercise(problem)))}"

    def extract(self, problem: Problem, completion: str) -> str:
        """The reply as it is: an edit is read together with the files that it edits."""
        return completion if completion.strip() else ""

    def grade(self, problem: Problem, submission: str, sandbox: Sandbox) -> Grade:
        """Runs the tests on one reply."""
        exercise = self.exercise(problem)
        try:
            stubs = exercise.stubs
            after = self.format.apply(submission, stubs, list(stubs))
        except EditError as error:
            return Grade(Kind.MALFORMED, str(error))
        tested = testing.run(exercise, after, sandbox)
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


def _names(exercise: Exercise) -> str:
    return " ".join(pathlib.PurePath(path).name for path in exercise.stubs)


def load(path: pathlib.Path, edit_format: str = "whole") -> Polyglot:
    """The exercises of a checkout of Aider-AI/polyglot-benchmark.

    Args:
      path: the folder that holds `<language>/exercises/practice/<name>`.
      edit_format: `whole`, `diff` or `udiff`.

    Raises:
      UserError: the folder, an exercise or the format is not what it must be.
    """
    return Polyglot(exercises.load(path), edit_format)
