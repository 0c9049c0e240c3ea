"""A session: a goal in a repository, pursued under a budget, and gone on with."""

from __future__ import annotations

import json
import math
import pathlib
import shutil
import uuid
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from eval.atomic import replacing, write_json
from eval.benchmarks.grading import persistently
from hrm_jax.agent import journal as journals
from hrm_jax.agent import memory as memories
from hrm_jax.agent import planner, repository, suite
from hrm_jax.agent import strategy as strategies
from hrm_jax.agent.budget import Budget, Spent
from hrm_jax.agent.context import View
from hrm_jax.agent.environment import Environment
from hrm_jax.agent.executor import Executor
from hrm_jax.agent.journal import Journal
from hrm_jax.agent.memory import Attempt, Memory
from hrm_jax.agent.mistake import TaskMistake
from hrm_jax.agent.model import AgentModel
from hrm_jax.agent.planner import Finished, Subgoal
from hrm_jax.agent.repository import Repository
from hrm_jax.agent.settings import Settings
from hrm_jax.agent.strategy import Start, State, Strategy
from hrm_jax.agent.suite import Result

MEMORY, BASE, _ABOUT = "memory.jsonl", "repository", "session.json"
LEFT_OUT = "left_out.txt"
"""What is not in the copy, a path and why a line; not there where there is nothing."""

RunTests = Callable[[Mapping[str, bytes], float], Result]
"""Runs the tests of a repository that has these files, for so many seconds at most."""


class Outcome(NamedTuple):
    """How a session ended.

    Attributes:
      solved: all tests pass.
      why: it ended.
      texts: of the repository, at the best that the tests were run on, or what the
        strategy takes.
      patch: what has changed.
      failed: tests of it; -1 where they were never run.
      attempts: that were made.
      budget: what was used.
    """

    solved: bool
    why: str
    texts: Mapping[str, str]
    patch: str
    failed: int
    attempts: int
    budget: Budget

    def row(self) -> dict[str, Any]:
        """For a report."""
        return {
            "solved": self.solved,
            "why": self.why,
            "failed": self.failed,
            "attempts": self.attempts,
            "actions": self.budget.actions,
            "malformed": self.budget.malformed,
            "tokens": self.budget.tokens,
            "runs": self.budget.runs,
            "seconds": round(self.budget.seconds, 3),
            "patch": self.patch,
        }


def begin(
    folder: pathlib.Path,
    about: Mapping[str, Any],
    read: Callable[[], Repository],
    settings: Settings,
) -> Repository:
    """The session's copy of the repository, made the first time.

    Args:
      about: all that decides what answers and tests were, beside `settings`.
      read: the original; asked the first time alone.

    Raises:
      TaskMistake: the folder is of another session, of which something is written down.
    """
    about = {**about, **settings.deciding}
    path, base = folder / _ABOUT, folder / BASE
    begun = path.exists()
    kept = _about(path) if begun else {}
    different = [name for name in kept if kept[name] != about.get(name)]
    if different and journals.read(folder):
        name = different[0]
        raise TaskMistake(
            f"{folder} holds another session, whose {name} is {kept[name]!r}, not "
            f"{about.get(name)!r}: choose another --output."
        )
    if not begun and base.exists():
        raise TaskMistake(f"{base} is no session's copy: choose another --output.")
    if different or not begun:
        found = read()
        shutil.rmtree(base, ignore_errors=True)
        write_json(path, about)
        _keep(found, folder)
    elif not base.exists():  # whoever wrote the last lines was killed between them
        _keep(read(), folder)
    return repository.kept(base)


def _keep(found: Repository, folder: pathlib.Path) -> None:
    path = folder / LEFT_OUT
    path.unlink(missing_ok=True)
    if found.left_out:
        lines = "".join(f"{name}: {why}\n" for name, why in found.left_out)
        with replacing(path) as whole:
            whole.write_text(lines, encoding="utf-8", errors="backslashreplace")
    repository.keep(found, folder / BASE)


def left_out(folder: pathlib.Path) -> str:
    """For people: what is not in a session's copy; "" where all is."""
    try:
        lines = (folder / LEFT_OUT).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return ""
    paths = "path is" if len(lines) == 1 else "paths are"
    return f"{len(lines):,} {paths} not in the copy ({LEFT_OUT}), as {lines[0]}"


def _about(path: pathlib.Path) -> dict[str, Any]:
    """What a session was begun with."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        kept["goal"]  # whatever has none is no session's
    except (ValueError, KeyError, TypeError) as error:
        raise TaskMistake(
            f"{path} is damaged, or no session's: choose another --output."
        ) from error
    return kept


def pursue(
    folder: pathlib.Path,
    goal: str,
    repository: Repository,
    model: AgentModel,
    run_tests: RunTests,
    settings: Settings,
    on_row: Callable[[dict[str, Any], Budget], None] = lambda row, budget: None,
    memory: pathlib.Path | None = None,
) -> Outcome:
    """Works towards a goal until the tests pass, nothing is left to try or the budget
    is used up. Whoever calls it again goes on where the last one stopped.

    Args:
      folder: of the session; see `begin`.
      run_tests: in the sandbox.
      on_row: called with each row of the journal, and what was used before it.
      memory: file of what was tried, by earlier sessions perhaps, and after this one
        for the next; None for one of the session alone.

    Raises:
      TaskMistake: its journal or memory is damaged.
      UserError: another process has the session.
    """
    budget, own = Budget(settings), folder / MEMORY
    with journals.opened(folder, lambda row: on_row(row, budget)) as journal:
        session = _Session(
            own=own,
            shared=memory,
            goal=goal,
            repository=repository,
            model=model,
            run_tests=run_tests,
            journal=journal,
            budget=budget,
        )
        return session.run()


class _Session:
    """One call of `pursue`: what it has found out so far."""

    def __init__(
        self,
        *,
        own: pathlib.Path,
        shared: pathlib.Path | None,
        goal: str,
        repository: Repository,
        model: AgentModel,
        run_tests: RunTests,
        journal: Journal,
        budget: Budget,
    ):
        """Args:
        own: file of what it tried, and of what it began with.
        shared: file of what it and others tried.
        """
        self._own, self._shared = own, shared
        self._goal, self._repository = goal, repository
        self._model, self._run_tests = model, run_tests
        self._journal, self._budget, self._settings = journal, budget, budget.settings
        self._environment = Environment(
            repository.texts, self._settings.observation_chars, goal
        )
        self._name = ""  # of the session, among others
        self._memory = Memory(self._settings.memory_size)
        self._attempts = self._idle = 0
        self._results: dict[str, Result] = {}
        self._first: Result | None = None
        self._failed = 0  # tests of the best state that an attempt has left
        self._best: State | None = None
        self._strategy: Strategy | None = None  # before the first run of the tests

    def run(self) -> Outcome:
        try:
            solved, why = self._work()
        except Spent as error:
            solved, why = False, str(error)
        if self._strategy and self._strategy.taken:
            self._best = self._strategy.taken
            solved = self._best.result.passed
            why = f"{why}; the likeliest of all attempts is taken"
        self._journal.end(solved, why)
        return self._outcome(solved, why)

    def _work(self) -> Finished:
        """Makes attempts until nothing is left to try.

        Raises:
          Spent: a budget is used up.
        """
        strategy = self._strategy = self._begin()
        begun: set[str] = set()  # states that the likeliest words were said to
        while True:
            start = strategy.start
            key = repository.digest(start.state.texts)
            asked = self._goal, start, self._attempts + 1, self._idle, key in begun
            step = planner.decide(*asked, self._settings)
            if isinstance(step, Finished):
                return step
            begun.add(key)
            self._attempts = step.number
            state, ended = self._attempt(step, start)
            strategy.ended(self._remember(step, start.state, state, ended), state)
            self._idle += 1
            if state.failed < self._failed and not strategy.taken:
                self._failed, self._idle = state.failed, 0
                self._improve(state, even=True)

    def _begin(self) -> Strategy:
        """Runs the tests of the repository as it was given.

        Raises:
          TaskMistake: they cannot be run.
          Spent: a budget is used up.
        """
        size = self._settings.memory_size
        self._name, remembered = self._remembered()
        self._memory = Memory(size, remembered)
        result = self._tests()
        if result.missing:
            raise TaskMistake(
                f"The tests cannot be run ({result.words_of('')}): begin in another "
                "--output, with a --test_command that can."
            )
        self._first, self._failed = result, result.failed
        start = Start(self._state(result), 0, Memory(size, remembered))
        return strategies.strategy(self._settings, start)

    def _outcome(self, solved: bool, why: str) -> Outcome:
        best, failed = self._repository.texts, -1
        if self._best is not None:
            best, failed = self._best.texts, self._best.failed
        return Outcome(
            solved=solved,
            why=why,
            texts=best,
            patch=repository.patch(self._repository.texts, best),
            failed=failed,
            attempts=self._attempts,
            budget=self._budget,
        )

    def _improve(self, state: State, even: bool = False) -> None:
        """Takes a state for the best, if it is; attempts may end on worse ones, or not
        at all.

        Args:
          even: it is enough that no other one is better.
        """
        least = self._best.failed if self._best else state.failed + 1
        if state.failed < least or (even and state.failed == least):
            self._best = state

    def _attempt(self, subgoal: Subgoal, start: Start) -> tuple[State, str]:
        """What an attempt leaves, and why it ended."""
        row = {**subgoal._asdict(), "files": list(subgoal.files)}
        del row["ranked"]  # it follows from the texts
        self._journal.note("subgoal", **row)
        self._environment.texts = dict(start.state.texts)
        said, tried = start.state.result.observed(subgoal.test), start.memory.texts()
        files, ranked = subgoal.files, subgoal.ranked
        view = View(self._goal, files, None, None, said, "", tried, ranked)
        executor = Executor(
            self._environment,
            self._model,
            self._tests,
            self._journal,
            self._budget,
            self._settings,
            suite.language_of({path: "" for path in subgoal.files}),
        )
        ended, result = executor.pursue(subgoal, view, start.state.result)
        result = result or self._tests()
        return self._state(result, executor.mean_log_prob), ended

    def _tests(self) -> Result:
        """What the tests say; of texts that were tested before, what they said then."""
        key = repository.digest(self._environment.texts)
        if key in self._results:
            result = self._results[key]
            self._journal.note("seen", text=result.observed(""), done=True)
            return result
        files = self._repository.files(self._environment.texts)

        def answer(seconds: float) -> dict[str, Any]:
            result = persistently(lambda: self._run_tests(files, seconds))
            late = not result.passed and result.seconds >= round(seconds, 4)
            return {**result._asdict(), **({"late": True} if late else {})}

        row = self._budget.asked(self._journal, "tests", answer, "runs")
        # Earlier versions kept fewer fields.
        fields = {name: row[name] for name in Result._fields if name in row}
        result = self._results[key] = Result.of_row(fields)
        self._improve(self._state(result))
        return result

    def _state(self, result: Result, mean_log_prob: float = math.nan) -> State:
        """The repository as it is now.

        Args:
          result: of its tests.
        """
        failed = result.failed_of(self._first or result)
        return State(dict(self._environment.texts), result, failed, mean_log_prob)

    def _remembered(self) -> tuple[str, list[Attempt]]:
        """The session's name among others, "" where earlier versions gave it none, and
        what they left in the file of its memory."""

        def answer() -> dict[str, Any]:
            found = memories.load(self._shared or self._own)
            rows = [memories.row_of(one) for one in found]
            return {"attempts": rows, "session": uuid.uuid4().hex, "seconds": 0.0}

        row = self._journal.ask("memory", answer)
        attempts = list(map(memories.attempt_of, row["attempts"]))
        return row.get("session", ""), attempts

    def _remember(
        self, subgoal: Subgoal, before: State, after: State, ended: str
    ) -> Attempt:
        old, now = before.texts, after.texts
        changed = tuple(sorted(path for path in now if old.get(path) != now[path]))
        attempt = Attempt(
            subgoal.number,
            subgoal.test,
            before.result.words_of(subgoal.test),
            changed,
            memories.change(repository.patch(old, now)),
            before.failed,
            after.failed,
            ended,
        )
        self._memory.add(attempt)
        self._journal.note("attempt", **memories.row_of(attempt))
        if not self._journal.replaying:
            self._memory.save(self._own)
        if self._shared is not None and self._journal.at_end:
            size = self._settings.memory_size
            memories.keep(self._shared, self._name, attempt, size)
        return attempt
