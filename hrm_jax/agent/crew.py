"""Many workers on many tasks: processes, any of which may be killed at any time.

Each worker takes a task, works on it in the task's own folder, where another one goes
on if it dies, and ends it in the `leases`. The process that started them starts others
in place of those that died.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pathlib
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple

from data_pipeline.progress import OnProgress, silent
from data_pipeline.schema import UserError
from eval import file_lock
from eval.file_lock import Busy
from eval.sandbox.sandbox import SandboxError
from hrm_jax.agent import journal
from hrm_jax.agent.leases import Lease, Leases
from hrm_jax.agent.mistake import TaskMistake

_LEASES, _LOCK = "leases.jsonl", ".crew.lock"
_IDLE_SECONDS = 0.2
_LONGEST_FAILURE = 500
_DEATHS, _KILLS = 2, 10
"""Workers in a row, for each that may be at work, that may end before they take a task:
by themselves, and killed, as somebody may kill any at any time."""
_BY_OTHERS = (-signal.SIGKILL, -signal.SIGTERM)
"""Exit codes of who was killed."""
_PRELOADED = ["hrm_jax.agent.crew", "hrm_jax.agent.job"]

Job = Callable[[str, pathlib.Path], dict[str, Any]]
"""Works on a task, by its id, in a folder; what came of it goes into the report."""
OpenJobs = Callable[[], AbstractContextManager[Job]]
"""What a worker opens once, for all its tasks; it can be pickled."""


class _Worker(NamedTuple):
    """A process of the crew.

    Attributes:
      process: its life.
      hears: what ends the whole crew, if the worker says so.
    """

    process: BaseProcess
    hears: Connection


class Crew(NamedTuple):
    """Tasks, and the workers that share them.

    Attributes:
      folder: of the crew: leases, and a folder for each task.
      tasks: their ids, which are names of folders.
      opened: what each worker opens.
      workers: at once.
      lease_seconds, leases: see `Leases`.
    """

    folder: pathlib.Path
    tasks: Sequence[str]
    opened: OpenJobs
    workers: int
    lease_seconds: float
    leases: int

    def run(
        self,
        progress: OnProgress = silent,
        started: Callable[[BaseProcess], None] = lambda process: None,
    ) -> dict[str, dict[str, Any]]:
        """Works on all tasks; goes on where it was stopped.

        Args:
          progress: called with how many tasks have ended, and of how many.
          started: called with each worker.

        Returns:
          What came of each task, by id, in the order of the tasks: what its job
          returned, or `{"mistake": ...}`, or `{"lost": ...}` with the exception
          that its last try met, if it met one.

        Raises:
          UserError: another process has the folder, workers end before they begin, or
            one met what is no fault of its task's, such as a server that does not
            answer; the same call goes on.
        """
        busy = (
            f"Another process works in {self.folder}: wait for it, or choose another "
            "--output."
        )
        with file_lock.held(self.folder / _LOCK, busy):
            return self._run(progress, started)

    def _run(
        self,
        progress: OnProgress,
        started: Callable[[BaseProcess], None],
    ) -> dict[str, dict[str, Any]]:
        leases = self.open_leases()
        leases.look()
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(_PRELOADED)
        alive: dict[str, _Worker] = {}
        idle = _Idle(self.workers)
        made = 0
        try:
            while not leases.over:
                progress(len(self.tasks) - leases.left, len(self.tasks))
                while len(alive) < min(self.workers, leases.left):
                    made += 1
                    name = f"{os.getpid()}-{made}"
                    hears, says = context.Pipe(duplex=False)
                    process = context.Process(
                        target=_serve, args=(self, name, says), name=name, daemon=True
                    )
                    process.start()
                    says.close()
                    alive[name] = _Worker(process, hears)
                    started(process)
                wait([one.process.sentinel for one in alive.values()], _IDLE_SECONDS)
                for name, (process, hears) in list(alive.items()):
                    if process.is_alive():
                        continue
                    del alive[name]
                    process.join()
                    leases.drop(name)
                    if said := _last_words(hears):
                        raise UserError(said)
                    idle.died(process.exitcode or 0, leases.taken)
                leases.look()
            progress(len(self.tasks), len(self.tasks))
        finally:
            for one in alive.values():
                if not leases.over:
                    one.process.kill()
            for one in alive.values():
                one.process.join()
                one.hears.close()
            with contextlib.suppress(UserError):  # the leases may be what ended it
                for name in alive:
                    leases.drop(name, counts=False)
        return {task: leases.ended[task] for task in self.tasks}

    def open_leases(self) -> Leases:
        path = self.folder / _LEASES
        return Leases(
            path, self.tasks, self.lease_seconds, self.leases, reached=self._reached
        )

    def _reached(self, task: str) -> int:
        """Bytes of the journal of a task's session."""
        try:
            return (self.folder_of(task) / journal.JOURNAL).stat().st_size
        except FileNotFoundError:
            return 0

    def folder_of(self, task: str) -> pathlib.Path:
        return self.folder / "tasks" / task


class _Idle:
    """Deaths in a row of workers that had taken no task."""

    def __init__(self, workers: int):
        self._workers = workers
        self._ended = self._killed = self._taken = 0

    def died(self, code: int, taken: int) -> None:
        """Counts a death.

        Args:
          code: the worker's exit code.
          taken: leases so far, of all workers.

        Raises:
          UserError: there were too many.
        """
        if taken > self._taken:
            self._taken, self._ended, self._killed = taken, 0, 0
        elif code in _BY_OTHERS:
            self._killed += 1
        else:
            self._ended += 1
        if self._ended > _DEATHS * self._workers:
            raise UserError(
                f"Workers end before they take a task (exit code {code}): what they "
                "said stands above."
            )
        if self._killed > _KILLS * self._workers:
            raise UserError(
                f"Workers are killed before they take a task (signal {-code}), most "
                "likely because the machine has not enough memory for so many models: "
                "give fewer --workers."
            )


def _last_words(hears: Connection) -> str:
    """What a worker that is dead said; "" for nothing."""
    with hears:
        try:
            return hears.recv() if hears.poll() else ""
        except EOFError:
            return ""


def _serve(crew: Crew, name: str, says: Connection) -> None:
    """A worker's life."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started it
    _end_with_parent()
    try:
        _work(crew, name, says)
    except UserError as error:
        says.send(str(error))


def _work(crew: Crew, name: str, says: Connection) -> None:
    """Works on tasks until all have ended.

    Raises:
      UserError: something is wrong that would end other tasks as well.
    """
    leases = crew.open_leases()
    with crew.opened() as job:
        while not leases.over:
            lease = leases.take(name)
            if lease is None:
                time.sleep(_IDLE_SECONDS)
                leases.look()
                continue
            try:
                with _beating(crew, lease, says):
                    result = job(lease.task, crew.folder_of(lease.task))
            except Busy:  # who had it before is late, not dead
                leases.put_off(lease)
                continue
            except SandboxError as error:
                leases.put_off(lease, _in_words(error))
                continue
            except TaskMistake as error:
                result = {"mistake": str(error)}
            except UserError:
                leases.give_back(lease)
                raise
            except Exception as error:
                # A fault of ours or of the machine: this worker ends by it, and what
                # it opened with it; another one tries the task again.
                leases.fail(lease, _in_words(error))
                raise
            leases.end(lease, result)


def _in_words(error: Exception) -> str:
    """Its type and text; the traceback is told where the worker ends."""
    return "".join(traceback.format_exception_only(error)).strip()[:_LONGEST_FAILURE]


@contextlib.contextmanager
def _beating(crew: Crew, lease: Lease, says: Connection) -> Iterator[None]:
    """Gives signs while the block runs, on its own view of the file.

    Where it cannot, or another one has the task, the process ends: nothing that it does
    counts any more.
    """
    done = threading.Event()

    def beat() -> None:
        leases = crew.open_leases()
        try:
            while not done.wait(crew.lease_seconds / 4) and leases.beat(lease):
                pass
        except UserError as error:
            says.send(str(error))
        finally:
            if not done.is_set():
                os._exit(3)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(4)

    threading.Thread(target=watch, daemon=True).start()
