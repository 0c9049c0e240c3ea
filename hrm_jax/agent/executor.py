"""The lower level: the model acts on one subgoal until it is done with it."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from typing import Any

from data_pipeline.programs import actions
from data_pipeline.programs.actions import Action, ActionError
from eval.benchmarks.models import OutOfTime
from hrm_jax.agent import context
from hrm_jax.agent.budget import Budget
from hrm_jax.agent.context import View
from hrm_jax.agent.environment import Environment
from hrm_jax.agent.journal import Journal
from hrm_jax.agent.model import AgentModel
from hrm_jax.agent.planner import Subgoal
from hrm_jax.agent.settings import Settings
from hrm_jax.agent.suite import Result
from hrm_jax.search.candidate import Ask, Sample

FINISHED, MENDED = "it says that it is done", "that test passes"
PASSED = "all tests pass"


class Executor:
    """One attempt at a subgoal.

    Attributes:
      mean_log_prob: a token, of its answers so far that come with one; nan where none
        does.
    """

    def __init__(
        self,
        environment: Environment,
        model: AgentModel,
        tests: Callable[[], Result],
        journal: Journal,
        budget: Budget,
        settings: Settings,
        language: str,
    ):
        """Args:
        tests: runs them on the environment's texts.
        language: that the model is asked in.
        """
        self._environment, self._model, self._tests = environment, model, tests
        self._journal, self._budget = journal, budget
        self._settings, self._language = settings, language
        self._log_prob, self._tokens = 0.0, 0

    @property
    def mean_log_prob(self) -> float:
        return self._log_prob / self._tokens if self._tokens else math.nan

    def pursue(
        self, subgoal: Subgoal, view: View, before: Result
    ) -> tuple[str, Result | None]:
        """Acts until the test passes, the model finishes, it would be asked the same
        about the same files again, or its actions are used up.

        Args:
          before: what the tests said. Where some that failed then may have failed
            unseen, nobody knows whether the test is mended.

        Returns:
          Why it ended, and the result of the tests if no edit came after them.

        Raises:
          Spent: a budget is used up.
        """
        wrong, asked = 0, set()
        result: Result | None = None
        for number in range(self._settings.actions):
            prompt = self._prompt(view)
            place = prompt, tuple(self._environment.texts.values())
            if place in asked and not subgoal.temperature:
                return "it comes back to where it was", result
            asked.add(place)
            text = self._answer(prompt, subgoal, number)
            try:
                action = actions.parse(text)
            except ActionError as error:
                wrong += 1
                self._budget.malformed += 1
                view = view._replace(told=f"error: {error}\n")
                self._journal.note("seen", text=view.told, done=False)
                if wrong >= self._settings.malformed:
                    return f"{wrong} answers were no actions", result
                continue
            if action.kind == "finish":
                return FINISHED, result
            if action.kind == "test":
                result = self._tests()
                view = view._replace(tests=result.observed(subgoal.test), told="")
                if result.passed:
                    return PASSED, result
                listed = not subgoal.test or subgoal.test in result.failing
                if not listed and not result.unseen(before):
                    return MENDED, result
                if view.edited:
                    view = view._replace(shown=view.edited.shown, edited=None)
                continue
            view, edited = self._act(action, view)
            if edited:
                result = None
        return f"its {self._settings.actions} actions are used up", result

    def _act(self, action: Action, view: View) -> tuple[View, bool]:
        """The view after an action, and whether it edited."""
        seen = self._environment.perform(action)
        self._journal.note("seen", text=seen.text, done=seen.done)
        if not seen.done:
            return view._replace(told=seen.text), False
        if action.kind == "edit":
            return view._replace(edited=seen, tests="", told=""), True
        if seen.shown is not None:
            return view._replace(shown=seen.shown, told=""), False
        return view._replace(told=seen.text), False

    def _answer(self, prompt: str, subgoal: Subgoal, number: int) -> str:
        drawn = f"{self._settings.seed} {subgoal.number} {number}"
        seed = zlib.crc32(drawn.encode())
        ask = Ask(self._language, prompt, subgoal.temperature, seed)

        def answer(seconds: float) -> dict[str, Any]:
            texts = self._environment.texts
            files = {path: texts[path] for path in subgoal.files}
            late = {}
            try:
                sample = self._model.say(ask._replace(seconds=seconds), files)
            except OutOfTime:
                sample, late = Sample("", math.nan, 0, True), {"late": True}
            return {
                **late,
                "prompt": prompt,
                "text": sample.text,
                "read": sample.read or self._model.count(prompt),
                "tokens": sample.tokens or self._model.count(sample.text),
                "cut": sample.cut,
                # JSON has no other numbers.
                "log_prob": sample.log_prob if math.isfinite(sample.log_prob) else None,
            }

        row = self._budget.asked(self._journal, "answer", answer, "tokens")
        if (log_prob := row.get("log_prob")) is not None:  # earlier versions kept none
            self._log_prob += log_prob
            self._tokens += row["tokens"]
        return row["text"]

    def _prompt(self, view: View) -> str:
        return context.build(
            view,
            self._environment.texts,
            self._model.context,
            self._model.count,
            self._settings,
            self._model.instructions,
        )
