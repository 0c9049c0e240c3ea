"""A small process that starts programs one after the other, watches them, ends them.

It stands between the harness and what it runs, because the harness cannot do this well:
it has threads, so that it must not fork; it is large, and a child begins with the size
of its parent; and orphans should come to somebody who ends them. A warden has one
thread, forks in a millisecond, and holds nothing that a program could want. It ends
with the harness, whatever ends that one, and so does what it runs.

Imports nothing but the standard library and modules that keep to it.
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

from eval.sandbox import descendants, wire
from eval.sandbox.launch import LaunchError, started, user_of
from eval.sandbox.watch import HarnessGone, Seen, watch
from eval.sandbox.wire import Job

_PR_SET_CHILD_SUBREAPER = 36
_SIGNAL_EXIT = 128
# Not `tempfile`, which brings `random`, which seeds itself anew after every fork.
_NUMBERS = itertools.count()


def main(scratch: str) -> None:
    """Answers jobs from standard input on standard output until the input ends.

    Args:
      scratch: folder that is removed then.
    """
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    if not descendants.known():
        sys.exit("This kernel does not list the children of a process.")
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # for jobs of many files
    control, answers = sys.stdin.buffer, sys.stdout.buffer
    while (request := wire.read(control)) is not None:
        value, blobs = request
        if value == wire.DISMISSED:
            os._exit(0)  # nobody is left to read what Python would flush
        job = Job.from_json(value)
        with contextlib.suppress(HarnessGone, BrokenPipeError):
            wire.write(answers, *_answer(job, blobs[0], blobs[1:]))
    # The harness ended without a word, and will not tidy up.
    shutil.rmtree(scratch, ignore_errors=True)
    os._exit(0)


def _answer(
    job: Job, stdin: bytes, contents: list[bytes]
) -> tuple[dict[str, Any], list[bytes]]:
    began = time.monotonic()
    try:
        with (
            _box(job, contents) as box,
            started(job, stdin, contents, box) as program,
        ):
            control = sys.stdin.fileno()
            seen = watch(program, job.limits, box, control, began)
            exit_code, number = _end(seen, program.status)
    except LaunchError as error:
        return {"failure": str(error)}, []
    limit = seen.limit
    if number == signal.SIGXFSZ:
        limit = limit or "file"
    elif number == signal.SIGXCPU or (
        number == signal.SIGKILL and seen.cpu_seconds >= job.limits.cpu_seconds
    ):
        limit = limit or "cpu"
    answer = {
        "stdout_truncated": seen.stdout.truncated,
        "stderr_truncated": seen.stderr.truncated,
        "exit_code": exit_code,
        "signal": number,
        "limit": limit,
        "wall_seconds": seen.wall_seconds,
        "cpu_seconds": seen.cpu_seconds,
        "peak_bytes": seen.peak_bytes,
    }
    return answer, [bytes(seen.stdout.kept), bytes(seen.stderr.kept)]


def _end(seen: Seen, status: int | None) -> tuple[int | None, int | None]:
    """Exit code and signal, one of which is None.

    Raises:
      LaunchError: bubblewrap ended before it had started the program.
    """
    code = os.waitstatus_to_exitcode(seen.status)
    if code < 0:
        return None, -code
    if status is None:
        return code, None
    told = [json.loads(line) for line in os.read(status, 2**12).splitlines()]
    codes = [line["exit-code"] for line in told if "exit-code" in line]
    if not codes:
        raise LaunchError(bytes(seen.stderr.kept).decode(errors="replace").strip())
    if codes[0] > _SIGNAL_EXIT:  # as bubblewrap tells of a signal
        return None, codes[0] - _SIGNAL_EXIT
    return codes[0], None


@contextlib.contextmanager
def _box(job: Job, contents: list[bytes]) -> Iterator[str]:
    """The folder that a program starts in, where it does not lie in a namespace."""
    if job.confinement == wire.NAMESPACES:
        yield ""
        return
    box = f"{job.scratch}/box-{os.getpid()}-{next(_NUMBERS)}"
    os.mkdir(box, 0o700)
    try:
        for path, content in zip(job.files, contents, strict=True):
            with open(_placed(box, path), "wb") as file:
                file.write(content)
        for path, source in job.copies:
            shutil.copyfile(source, _placed(box, path))
            os.chmod(os.path.join(box, path), 0o755)
        user = user_of(job)
        if user is not None:
            for folder, _, names in os.walk(box):
                for name in (".", *names):
                    os.chown(os.path.join(folder, name), user, user)
        yield box
    finally:
        _remove(box)


def _placed(box: str, path: str) -> str:
    place = os.path.join(box, path)
    os.makedirs(os.path.dirname(place), exist_ok=True)
    return place


def _remove(box: str) -> None:
    """Removes a folder, also one that a program has nested deep or closed to itself."""
    try:
        with os.scandir(box) as entries:
            for entry in entries:
                os.unlink(entry.path)
        os.rmdir(box)
    except OSError:
        subprocess.run(["/bin/chmod", "-R", "u+rwX", box], stderr=subprocess.DEVNULL)
        subprocess.run(["/bin/rm", "-rf", box], stderr=subprocess.DEVNULL)
