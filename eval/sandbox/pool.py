"""Many runs at once."""

from __future__ import annotations

import dataclasses
import itertools
import queue
import threading
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Generic, TypeVar

from data_pipeline.user_error import UserError
from eval.sandbox.sandbox import Sandbox, SandboxError

_Key = TypeVar("_Key", bound=Hashable)
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_STEP_SECONDS = 0.05


@dataclasses.dataclass(frozen=True)
class Finished(Generic[_Key, _Result]):
    """Attributes:
    key: of the job.
    result: what its work returned, or None.
    error: why there is none: the sandbox's failure, or a mistake that a user can fix.
    """

    key: _Key
    result: _Result | None
    error: SandboxError | UserError | None


def finished(
    sandbox: Sandbox,
    jobs: Iterable[tuple[_Key, _Item]],
    work: Callable[[_Item], _Result],
    workers: int | None = None,
) -> Iterator[Finished[_Key, _Result]]:
    """Works on jobs in threads, which mostly wait for the sandbox.

    Jobs are taken as they are needed, a few ahead. Whoever stops early (`break` and
    closing the iterator, Ctrl-C, an error) leaves nothing running: all that the
    sandbox has under way is ended.

    Args:
      jobs: keys, by which results are known, and what is to be done.
      work: does it, with `sandbox`; any number of runs, in a thread of the pool.
      workers: how many at once; None for what the sandbox takes.

    Yields:
      One `Finished` for each job, as they end.

    Raises:
      Exception: whatever else `work` raises; it ends everything.
    """
    workers = workers or sandbox.workers
    todo: queue.SimpleQueue = queue.SimpleQueue()
    done: queue.SimpleQueue = queue.SimpleQueue()
    stopped = threading.Event()

    def serve() -> None:
        while (job := todo.get()) is not None and not stopped.is_set():
            key, item = job
            try:
                done.put(Finished(key, work(item), None))
            except (SandboxError, UserError) as error:
                done.put(Finished(key, None, error))
            except Exception as error:  # for whoever waits, in their own thread
                done.put(error)

    threads = [threading.Thread(target=serve) for _ in range(workers)]
    try:
        for thread in threads:
            thread.start()
        waiting, under_way = iter(jobs), 0
        while True:
            for job in itertools.islice(waiting, 2 * workers - under_way):
                todo.put(job)
                under_way += 1
            if not under_way:
                return
            one = done.get()
            under_way -= 1
            if isinstance(one, Exception):
                raise one
            yield one
    finally:
        stopped.set()
        for _ in threads:
            todo.put(None)
        for thread in threads:
            # Again and again: work may begin another run after the one that was ended.
            while thread.is_alive():
                thread.join(_STEP_SECONDS)
                if thread.is_alive():
                    sandbox.cancel()
