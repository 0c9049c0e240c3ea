"""What a model and the harness have said to each other about an exercise."""

from __future__ import annotations

from collections.abc import Mapping

from eval.benchmarks.edits.formats import FORMATS
from eval.benchmarks.problem import Prompt

_UPDATED = ("I updated the files.", "Ok.")
_NO_ANSWER = "(no answer)"


class Conversation:
    """In the order of Aider's `base_coder.py`: how to answer, what led to changes of
    the files, the files as they are now, and what is still open.
    """

    def __init__(self, instructions: str):
        """Args:
        instructions: how to answer.
        """
        self._instructions = instructions
        self._settled: list[tuple[str, str]] = []
        self._open: list[tuple[str, str]] = []

    def prompt(self, files: Mapping[str, str], question: str) -> Prompt:
        """The next question, with all that comes before it.

        Args:
          files: that the model may change, as they are.
        """
        turns = [*self._settled, *self._open, (question, "")]
        questions = [asked for asked, _ in turns]
        place = len(self._settled)
        listed = FORMATS["whole"].write({}, files)
        questions[place] = f"{listed}\n{questions[place]}"
        questions[0] = f"{self._instructions}\n{questions[0]}"
        answers = [answer for _, answer in turns[:-1]]
        return Prompt(questions[-1], turns=tuple(zip(questions, answers, strict=False)))

    def answered(self, question: str, answer: str) -> None:
        """The model has answered."""
        self._open.append((question, answer if answer.strip() else _NO_ANSWER))

    def settle(self) -> None:
        """All answers have become changes of the files."""
        self._settled += [*self._open, _UPDATED]
        self._open = []
