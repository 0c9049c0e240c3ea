"""What a session may use, and has used."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from hrm_jax.agent.journal import Journal
from hrm_jax.agent.settings import Settings


class Spent(Exception):
    """A budget is used up; the message says which."""


@dataclasses.dataclass
class Budget:
    """Counts over all runs of a session, as the journal tells.

    Attributes:
      seconds: of model and tests.
      tokens: read and written by the model.
      runs: of the tests.
      actions: of the model; they have no bound of their own.
      malformed: answers that are no action.
    """

    settings: Settings
    seconds: float = 0.0
    tokens: int = 0
    runs: int = 0
    actions: int = 0
    malformed: int = 0

    def asked(
        self,
        journal: Journal,
        kind: str,
        answer: Callable[[float], dict[str, Any]],
        *names: str,
    ) -> dict[str, Any]:
        """Returns the journal's row for this question, asking only if none was kept,
        and charges it to the budget. A row that came too late is asked again if the
        budget has grown since.

        Args:
          kind: of the row; see `Journal.ask`.
          answer: is given the seconds that are left; its row has `late` where they were
            too few.
          names: budgets that it needs, beside the seconds.

        Raises:
          Spent: one of these is used up, or the answer came too late.
        """

        def timed() -> dict[str, Any]:
            left = self.settings.seconds - self.seconds
            row = answer(left)
            # A moment more than there was, whatever is lost in adding.
            return {**row, "seconds": left + 0.001} if row.get("late") else row

        while True:
            self.require("seconds", *names)
            row = journal.ask(kind, timed)
            self.count(row)
            if not row.get("late"):
                return row

    def count(self, row: Mapping[str, Any]) -> None:
        """Takes a row of the journal into account."""
        self.seconds += row.get("seconds", 0.0)
        if row["kind"] == "answer":
            self.tokens += row["read"] + row["tokens"]
            self.actions += 1
        elif row["kind"] == "tests":
            self.runs += 1

    def require(self, *names: str) -> None:
        """Raises:
        Spent: one of these budgets is used up.
        """
        for name in names:
            used, most = getattr(self, name), getattr(self.settings, name)
            if used >= most:
                raise Spent(f"the budget of {most:,g} {name} is used up")

    @property
    def left(self) -> str:
        """For people."""
        most = self.settings
        return (
            f"{max(most.seconds - self.seconds, 0):,.0f} s, "
            f"{max(most.tokens - self.tokens, 0):,} tokens, "
            f"{max(most.runs - self.runs, 0):,} runs left"
        )
