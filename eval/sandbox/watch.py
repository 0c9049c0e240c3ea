"""How a warden watches a program, and ends it with all that came of it."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import time
from collections.abc import Iterator
from typing import NamedTuple

from eval.sandbox import descendants, namespaces
from eval.sandbox.launch import Started
from eval.sandbox.limits import Limits

_GLANCE_SECONDS = 0.1
_CHUNK = 2**16
_EITHER = selectors.EVENT_READ | selectors.EVENT_WRITE
_DYING_SECONDS = 10
_FILE_BYTES = 1024  # what an empty file takes of memory or disk, about
_OWN_PROCESSES = 3  # at most two are bubblewrap's


class HarnessGone(Exception):
    """Nobody waits for the answer any more."""


class Output:
    """The first bytes of a stream, up to a limit.

    Args:
      sink: where they go on to, never waiting; then only what waits is kept.
    """

    def __init__(self, descriptor: int, most: int, sink: int | None = None):
        self.descriptor, self.sink, self._most = descriptor, sink, most
        self.kept, self.truncated, self.ended = bytearray(), False, False

    def read(self) -> None:
        """Takes what is there; blocks if nothing is."""
        chunk = os.read(self.descriptor, _CHUNK)
        self.ended = not chunk
        self.kept += chunk[: self._most]
        self.truncated = self.truncated or len(chunk) > self._most
        self._most -= min(len(chunk), self._most)

    @property
    def waits(self) -> bool:
        """The sink has yet to take what was read."""
        return self.sink is not None and bool(self.kept)

    def send(self) -> None:
        """Passes on what the sink takes; to nobody, if nobody reads there."""
        if self.sink is None:
            return
        with contextlib.suppress(BlockingIOError, BrokenPipeError):
            while self.waits:
                del self.kept[: os.write(self.sink, self.kept)]


class Seen(NamedTuple):
    """Attributes:
    status: as `os.wait` has it.
    limit: the one for which the program was ended, or None.
    stdout: what it wrote.
    stderr: likewise.
    wall_seconds: until it ended or was ended.
    cpu_seconds: of all processes.
    peak_bytes: see `Outcome`.
    """

    status: int
    limit: str | None
    stdout: Output
    stderr: Output
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int


def watch(
    started: Started, limits: Limits, box: str, control: int, began: float
) -> Seen:
    """Reads what a program writes until it ends; then nothing is left of it.

    A program whose sink nobody reads from any more is ended.

    Args:
      box: the folder whose size is to be watched, if there is one.
      control: where only the harness's end can be heard.
      began: when it started, by the monotonic clock.

    Raises:
      HarnessGone: all is ended.
      TimeoutError: a process cannot be ended.
    """
    stdout = Output(started.stdout, limits.output_bytes, started.sink)
    stderr = Output(started.stderr, limits.output_bytes)
    outputs = [stdout, stderr]
    most_memory, most_cpu = 0, 0.0
    limit, alone = None, False
    process = os.pidfd_open(started.pid)
    try:
        for limit in _events(process, outputs, limits, began, control):
            if limit is None:
                seen = descendants.usage(os.getpid(), limits.memory_bytes)
                most_memory = max(most_memory, seen.memory_bytes)
                most_cpu = max(most_cpu, seen.cpu_seconds)
                if box:
                    disk = _disk(box, limits.disk_bytes)
                else:
                    disk = _empty_files(started.pid)
                limit = _exceeded(seen, limits, disk)
            if limit is not None:
                break
    except HarnessGone:
        alone = True
    finally:
        wall = time.monotonic() - began
        os.close(process)
        # The whole group at once, so that no fork escapes; then what left the group.
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError):
                kill(started.pid, signal.SIGKILL)
        _, status, used = os.wait4(started.pid, 0)
        rest = descendants.kill_all(_DYING_SECONDS)
    if alone:
        raise HarnessGone
    for output in outputs:
        while not (output.ended or output.truncated):
            output.read()
        output.send()
        if output.truncated:
            limit = limit or "output"
    return Seen(
        status,
        limit,
        stdout,
        stderr,
        wall,
        max(used.ru_utime + used.ru_stime + rest.cpu_seconds, most_cpu),
        max(used.ru_maxrss * 1024, rest.peak_bytes, most_memory),
    )


def _events(
    process: int, outputs: list[Output], limits: Limits, began: float, control: int
) -> Iterator[str | None]:
    """Yields a limit that was hit, or None when it is time for a glance; ends with the
    program, or with whoever reads from a sink.
    """
    deadline, glance = began + limits.wall_seconds, began + _GLANCE_SECONDS
    with selectors.DefaultSelector() as selector:
        for event in (process, control, *outputs):
            place = event.descriptor if isinstance(event, Output) else event
            selector.register(place, selectors.EVENT_READ, event)
        for output in outputs:
            if output.sink is not None:  # "readable" when nobody reads at its other end
                selector.register(output.sink, selectors.EVENT_READ, output)
        while True:
            now = time.monotonic()
            ready = selector.select(max(0.0, min(deadline, glance) - now))
            for key, kinds in ready:
                if key.data == control:
                    raise HarnessGone
                if isinstance(key.data, Output):
                    if not _serve(key.data, key.fd, kinds, selector):
                        return
                    if key.data.truncated:
                        yield "output"
            if any(key.data == process for key, _ in ready):
                return
            now = time.monotonic()
            if now >= deadline:
                yield "wall"
            if now >= glance:
                yield None
                # Seldom enough to cost nothing, however many there are to look at.
                after = time.monotonic()
                glance = after + max(_GLANCE_SECONDS, 10 * (after - now))


def _serve(
    output: Output, ready: int, kinds: int, selector: selectors.BaseSelector
) -> bool:
    """Reads or sends, whichever of an output's descriptors is ready.

    What was read is sent before more is read: a program waits for a slow reader.

    Returns:
      False if nobody reads at the other end of its sink.
    """
    if ready == output.sink and kinds & selectors.EVENT_READ:
        return False
    if ready == output.descriptor:
        output.read()
    output.send()
    heard = output.descriptor in selector.get_map()
    wanted = not (output.ended or output.waits)
    if heard and not wanted:
        selector.unregister(output.descriptor)
    elif wanted and not heard:
        selector.register(output.descriptor, selectors.EVENT_READ, output)
    if output.sink is not None:
        selector.modify(
            output.sink, _EITHER if output.waits else selectors.EVENT_READ, output
        )
    return True


def _exceeded(used: descendants.Usage, limits: Limits, disk: int) -> str | None:
    if used.threads > limits.processes + _OWN_PROCESSES:
        return "processes"
    if used.memory_bytes > limits.memory_bytes:
        return "memory"
    if used.cpu_seconds > limits.cpu_seconds:
        return "cpu"
    return "disk" if disk > limits.disk_bytes else None


def _empty_files(bubblewrap: int) -> int:
    """Bytes of empty files, where the size of a file system limits only full ones."""
    files = 0
    for init in descendants.children(bubblewrap):
        root = f"/proc/{init}/root"
        with contextlib.suppress(OSError):  # not there yet, or no longer
            if os.path.samefile(root, "/"):  # it has yet to leave this machine's files
                continue
            for place in namespaces.FILLED:
                seen = os.statvfs(f"{root}{place}")
                files += seen.f_files - seen.f_ffree
    return files * _FILE_BYTES


def _disk(folder: str, enough: int) -> int:
    """Bytes that files take, empty ones included; or more than enough.

    A program may put links where folders were, so that this walks elsewhere: not far.
    """
    total, waiting = 0, [folder]
    while waiting and total <= enough:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    blocks = entry.stat(follow_symlinks=False).st_blocks
                    total += _FILE_BYTES + 512 * blocks
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except OSError:  # gone, hidden from its owner, or too deep
            continue
    return total
