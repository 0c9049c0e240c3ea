"""What a person sees of a session: a line for each action, and one that changes."""

from __future__ import annotations

from typing import Any

import rich.console

from hrm_jax.agent.budget import Budget
from hrm_jax.agent.settings import Settings

_LONGEST = 100


class Live:
    """A context manager; in a terminal its last line says what goes on."""

    def __init__(self, settings: Settings):
        self._console = rich.console.Console(highlight=False, stderr=True)
        self._status = self._console.status("runs the tests")
        self._settings = settings

    def __enter__(self) -> Live:
        if self._console.is_terminal:
            self._status.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._status.stop()

    def show(self, row: dict[str, Any], budget: Budget) -> None:
        """Shows a row of the journal."""
        if line := _line(row):
            self._console.print(line, markup=False, soft_wrap=True)
        tests = row["kind"] == "memory" or row.get("text") == "test\n"
        now = "the tests run" if tests else "the model thinks"
        self._status.update(f"{now}; {budget.left}")


def _line(row: dict[str, Any]) -> str:
    match row["kind"]:
        case "subgoal":
            return f"attempt {row['number']}: {row['test'] or 'the tests'}"
        case "answer":
            words = row["text"].split("\n")
            said = " ".join(words[:2]) if words[0] == "edit" else words[0]
            return f"  > {said[:_LONGEST]}"
        case "seen":
            first = row["text"].split("\n")[0]
            return "" if row["done"] else f"    {first[:_LONGEST]}"
        case "tests":
            if row["passed"]:
                return "    all tests pass"
            failed = f"{len(row['failing'])} failed" if row["failing"] else "failed"
            words = next(iter(row["words"]), "")
            return f"    tests: {failed}: {words[:_LONGEST]}"
        case "attempt":
            return f"    ({row['ended']})"
        case _:
            return ""
