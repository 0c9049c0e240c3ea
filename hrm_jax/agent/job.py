"""What a worker does with a task: a session in the sandbox, graded where it can be."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from eval.benchmarks.grading import persistently
from eval.benchmarks.repositories import planted
from eval.sandbox.local import LocalSandbox
from eval.sandbox.sandbox import Sandbox
from eval.sandbox.tiers import Tier, confinement
from hrm_jax.agent import session, suite, transcript
from hrm_jax.agent.crew import Job
from hrm_jax.agent.model import AgentModel
from hrm_jax.agent.session import Outcome
from hrm_jax.agent.settings import Settings
from hrm_jax.agent.tasks import Task


@dataclasses.dataclass(frozen=True)
class Opened:
    """A `crew.OpenJobs`: model and sandbox of a worker.

    Attributes:
      tasks: by id.
      model: makes the model, once in each worker.
      tier: of the sandbox, which was found to hold.
    """

    tasks: Mapping[str, Task]
    model: Callable[[], AgentModel]
    tier: Tier
    settings: Settings

    @contextlib.contextmanager
    def __call__(self) -> Iterator[Job]:
        model = self.model()
        kind = confinement(self.tier)
        with LocalSandbox(kind, self.tier.title, None) as sandbox:

            def job(id: str, folder: pathlib.Path) -> dict[str, Any]:
                task = self.tasks[id]
                outcome = work(task, folder, model, sandbox, self.settings)
                return outcome.row() | _graded(task, outcome, sandbox)

            yield job


def work(
    task: Task,
    folder: pathlib.Path,
    model: AgentModel,
    sandbox: Sandbox,
    settings: Settings,
    on_row: Callable = lambda row, budget: None,
    memory: pathlib.Path | None = None,
) -> Outcome:
    """A session on a task, from its beginning or where it was stopped; leaves a
    transcript and a patch in its folder.

    Args:
      on_row, memory: see `session.pursue`.

    Raises:
      UserError: the task cannot be worked on.
      SandboxError: the sandbox failed, and the same call goes on.
    """
    about = {
        "goal": task.goal,
        "model": model.name,
        "context": model.context,
        "grammar": model.grammar,
        "repo": task.row.get("repo", ""),
        "test_command": task.test_command,
    }
    found = session.begin(folder, about, lambda: task.read(settings), settings)
    if task.test_command:
        tests = suite.given(task.test_command, found.texts)
    else:
        tests = suite.find(found.texts, sandbox)
    tests = tests._replace(executables=found.executables)
    outcome = session.pursue(
        folder,
        task.goal,
        found,
        model,
        lambda files, seconds: suite.run(tests, files, sandbox, settings, seconds),
        settings,
        on_row,
        memory,
    )
    transcript.write(folder, task.goal, model.name, outcome)
    return outcome


def _graded(task: Task, outcome: Outcome, sandbox: Sandbox) -> dict[str, Any]:
    """What hidden tests say, of a task that has some."""
    if not all(field in task.row for field in planted.FIELDS):
        return {}
    grade = persistently(lambda: planted.grade(task.row, outcome.texts, sandbox))
    return {"hidden": grade.kind.value}
