"""All processes that came of this one, and what they use, as /proc tells it."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Iterator
from typing import NamedTuple

_GONE = (FileNotFoundError, ProcessLookupError)
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Usage(NamedTuple):
    """What all descendants use together.

    Attributes:
      threads: of all processes.
      memory_bytes: resident.
      cpu_seconds: of those alive, and of their children that have ended.
    """

    threads: int
    memory_bytes: int
    cpu_seconds: float


def known() -> bool:
    """Whether the kernel lists the children of a process (CONFIG_PROC_CHILDREN)."""
    return os.path.exists(f"/proc/self/task/{os.getpid()}/children")


def children(pid: int) -> list[int]:
    found = []
    with contextlib.suppress(*_GONE):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(*_GONE):
                found += map(int, _read(f"/proc/{pid}/task/{thread}/children").split())
    return found


def all_of(pid: int) -> Iterator[int]:
    """Descendants of a process, parents first."""
    waiting = children(pid)
    while waiting:
        one = waiting.pop()
        yield one
        waiting += children(one)


def usage(pid: int, enough_bytes: int) -> Usage:
    """Sums over the descendants of a process.

    Args:
      enough_bytes: up to so much memory, pages that processes share count for each,
        which is quicker to find out.
    """
    threads = memory = 0
    cpu, everyone = 0.0, list(all_of(pid))
    for one in everyone:
        with contextlib.suppress(*_GONE):
            # After the name, which may hold anything, from the state on.
            fields = _read(f"/proc/{one}/stat").rpartition(b")")[2].split()
            threads += int(fields[17])
            cpu += sum(map(int, fields[11:15])) / _TICKS
            memory += int(fields[21]) * _PAGE
    if memory > enough_bytes:
        memory = sum(map(_memory, everyone))
    return Usage(threads, memory, cpu)


class Ended(NamedTuple):
    """Attributes:
    cpu_seconds: that the processes had used.
    peak_bytes: resident memory of the largest.
    """

    cpu_seconds: float
    peak_bytes: int


def kill_all(seconds: float) -> Ended:
    """Kills what came of this process, and waits until nothing is left.

    This process must be the one that orphans come to (PR_SET_CHILD_SUBREAPER).

    Raises:
      TimeoutError: something is still there.
    """
    deadline = time.monotonic() + seconds
    cpu, peak = 0.0, 0
    while True:
        for one in all_of(os.getpid()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        mine = children(os.getpid())
        if not mine:
            return Ended(cpu, peak)
        for pid in mine:
            if not _ends(pid, deadline - time.monotonic()):
                raise TimeoutError("A killed process does not end.")
            _, _, used = os.wait4(pid, 0)
            cpu += used.ru_utime + used.ru_stime
            peak = max(peak, used.ru_maxrss * 1024)


def kill_user(user: int) -> None:
    """Kills all processes of a user; of one that owns nothing else."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(*_GONE):
            owners = _read(f"/proc/{name}/status").split(b"\nUid:")[1].split()[:4]
            if str(user).encode() in owners:
                os.kill(int(name), signal.SIGKILL)


def _ends(pid: int, seconds: float) -> bool:
    """Waits for a child; true if it has ended."""
    process = os.pidfd_open(pid)
    try:
        return bool(select.select([process], [], [], max(0.0, seconds))[0])
    finally:
        os.close(process)


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _memory(pid: int) -> int:
    """Resident bytes, shared pages by share; of one that hides, all that it has."""
    with contextlib.suppress(*_GONE):
        try:
            for line in _read(f"/proc/{pid}/smaps_rollup").splitlines():
                if line.startswith(b"Pss:"):
                    return int(line.split()[1]) * 1024
        except PermissionError:
            return int(_read(f"/proc/{pid}/statm").split()[1]) * _PAGE
    return 0
