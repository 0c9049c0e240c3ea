"""Who works on which task: leases in a file that is only ever added to.

A worker that dies, or gives no sign for too long, loses its task to another one. What
it may say afterwards does not count, so that every task ends exactly once. A task is
lost after so many leases in a row that brought nothing; where more are granted later,
it goes on.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pathlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from data_pipeline.schema import UserError


class Lease(NamedTuple):
    """A worker's claim to one task.

    Attributes:
      number: of the lease, which no other one has.
      task: its id.
    """

    number: int
    task: str


class _Held(NamedTuple):
    number: int
    worker: str
    until: float


class Leases:
    """The file, as one process sees it; each method looks at it anew, under a lock.

    Attributes:
      ended: what came of each task that has ended, by id.
      taken: leases so far.
    """

    def __init__(
        self,
        path: pathlib.Path,
        tasks: Sequence[str],
        seconds: float,
        most: int,
        clock: Callable[[], float] = time.time,
        reached: Callable[[str], int] = lambda task: 0,
    ):
        """Args:
        tasks: their ids, in the order in which they are begun.
        seconds: that a lease lasts from its last sign on.
        most: leases of a task in a row that may bring nothing; when the last one is
          lost, so is the task.
        clock: the same for all processes.
        reached: how far the work on a task has come, in a number that grows with it.
        """
        self._path, self._tasks, self._clock = path, list(tasks), clock
        self._seconds, self._most, self._reached = seconds, most, reached
        self._offset = self.taken = 0
        self._held: dict[str, _Held] = {}
        self._times: dict[str, int] = {}
        self._furthest: dict[str, int] = {}
        self._failures: dict[str, str] = {}
        self.ended: dict[str, dict[str, Any]] = {}

    def take(self, worker: str) -> Lease | None:
        """A task that nobody works on; None where there is none now."""
        with self._locked() as add:
            now = self._clock()
            for task in self._tasks:
                held = self._held.get(task)
                if task in self.ended or (held and held.until > now):
                    continue
                reached = self._reached(task)
                further = reached > self._furthest.get(task, 0)
                if self._times.get(task, 0) >= self._most and not further:
                    lost = f"{self._most} tries did not end it"
                    if failure := self._failures.get(task):
                        lost += f"; the last that could say why met {failure}"
                    add({"end": task, "result": {"lost": lost}})
                    continue
                lease = Lease(self.taken + 1, task)
                add(
                    {
                        "lease": lease.number,
                        "task": task,
                        "worker": worker,
                        "until": now + self._seconds,
                        "reached": reached,
                    }
                )
                return lease
        return None

    def beat(self, lease: Lease) -> bool:
        """Gives a sign; False where the lease was lost meanwhile."""
        with self._locked() as add:
            if not self._has(lease):
                return False
            until = self._clock() + self._seconds
            add({"beat": lease.number, "task": lease.task, "until": until})
            return True

    def end(self, lease: Lease, result: dict[str, Any]) -> bool:
        """Ends a task; False, and nothing, where the lease was lost meanwhile."""
        with self._locked() as add:
            if not self._has(lease):
                return False
            add({"end": lease.task, "result": result})
            return True

    def put_off(self, lease: Lease, failure: str = "") -> None:
        """Gives a task back, blocked for a quarter of a lease so that its late holder
        notices the loss.

        Args:
          failure: the error it met, which counts as a try; "" if the task was not at
            fault, which does not.
        """
        with self._locked() as add:
            if not self._has(lease):
                return
            until = self._clock() + self._seconds / 4
            if failure:
                row = {"beat": lease.number, "task": lease.task, "until": until}
                add(row | {"failure": failure})
            else:
                add(_uncounted(lease.number, lease.task, until))

    def fail(self, lease: Lease, failure: str) -> None:
        """Gives back a task whose error ends its worker; it counts as a try.

        Args:
          failure: the error.
        """
        with self._locked() as add:
            if self._has(lease):
                row = {"beat": lease.number, "task": lease.task, "until": 0.0}
                add(row | {"failure": failure})

    def give_back(self, lease: Lease) -> None:
        """Gives a task back of which nothing was learned: the lease does not count."""
        with self._locked() as add:
            if self._has(lease):
                add(_uncounted(lease.number, lease.task, 0.0))

    def drop(self, worker: str, counts: bool = True) -> None:
        """Ends all leases of a worker that is known to be dead.

        Args:
          counts: its task may be why, so that its lease counts as a try.
        """
        with self._locked() as add:
            for task, one in list(self._held.items()):
                if one.worker == worker and counts:
                    add({"beat": one.number, "task": task, "until": 0.0})
                elif one.worker == worker:
                    add(_uncounted(one.number, task, 0.0))

    def look(self) -> None:
        """Reads what others have added."""
        with self._locked():
            pass

    @property
    def left(self) -> int:
        """How many of the tasks have not ended; those of an earlier, longer list do not
        count."""
        return sum(task not in self.ended for task in self._tasks)

    @property
    def over(self) -> bool:
        """Has every task ended?"""
        return not self.left

    def _has(self, lease: Lease) -> bool:
        held = self._held.get(lease.task)
        return held is not None and held.number == lease.number

    @contextlib.contextmanager
    def _locked(self) -> Iterator[Callable[[dict[str, Any]], None]]:
        """Has the file for itself, and gives what adds a line to it.

        Raises:
          UserError: it cannot be read or written, or is damaged.
        """
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                self._read(descriptor)

                def add(row: dict[str, Any]) -> None:
                    self._write(descriptor, json.dumps(row).encode() + b"\n")
                    self._take_in(row)

                yield add
            finally:
                os.close(descriptor)
        except OSError as error:
            raise UserError(
                f"{self._path} cannot be written ({error.strerror or error})."
            ) from error

    def _write(self, descriptor: int, line: bytes) -> None:
        written = 0
        while written < len(line):  # a disk that is almost full takes a part
            place = self._offset + written
            written += os.pwrite(descriptor, line[written:], place)
        os.fsync(descriptor)
        self._offset += len(line)

    def _read(self, descriptor: int) -> None:
        """What is new; a line whose writer died while it wrote is cut off."""
        size = os.fstat(descriptor).st_size
        data = os.pread(descriptor, size - self._offset, self._offset)
        whole = data.rfind(b"\n") + 1
        if whole < len(data):
            os.ftruncate(descriptor, self._offset + whole)
        for line in data[:whole].split(b"\n")[:-1]:
            try:
                self._take_in(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                raise UserError(
                    f"{self._path} is damaged ({error}): choose another --output."
                ) from error
        self._offset += whole

    def _take_in(self, row: dict[str, Any]) -> None:
        if "end" in row:
            lost = "lost" in row["result"]
            if lost and self._times.get(row["end"], 0) < self._most:
                return  # it was for fewer leases than there are now
            self.ended[row["end"]] = row["result"]
            self._held.pop(row["end"], None)
            return
        task = row["task"]
        if "lease" in row:
            self.taken = row["lease"]
            reached = row.get("reached", 0)  # earlier versions did not ask
            if reached > self._furthest.get(task, 0):
                self._furthest[task], self._times[task] = reached, 0
            self._times[task] = self._times.get(task, 0) + 1
            self._held[task] = _Held(row["lease"], row["worker"], row["until"])
        elif task in self._held:
            self._held[task] = self._held[task]._replace(until=row["until"])
            if "failure" in row:
                self._failures[task] = row["failure"]
            if row.get("uncounted"):  # once: from now on, nobody has it
                self._times[task] -= 1
                self._held[task] = _Held(0, "", row["until"])


def _uncounted(number: int, task: str, until: float) -> dict[str, Any]:
    """The row by which a lease ends that does not count."""
    return {"beat": number, "task": task, "until": until, "uncounted": True}
