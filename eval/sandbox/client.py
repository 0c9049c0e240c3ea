"""The harness's end of a warden."""

from __future__ import annotations

import contextlib
import os
import pathlib
import selectors
import subprocess
import sys
import tempfile
import threading
from typing import Any, BinaryIO, cast

from eval.sandbox import descendants, wire
from eval.sandbox.launch import user_under
from eval.sandbox.wire import Job

_REPOSITORY = pathlib.Path(__file__).parent.parent.parent
_BOOT = "import sys; sys.path.append(sys.argv[1]); from eval.sandbox.warden import main"
_GRACE_SECONDS = 30


class WardenDied(RuntimeError):
    """The process that watched a program is gone, or was stopped by `close`."""


class Warden:
    """A warden's process; runs one job at a time.

    `close` may come from another thread, and ends what runs.

    Args:
      scratch: folder that it removes if this process ends without a word.
    """

    def __init__(self, scratch: str) -> None:
        self._complaints = tempfile.TemporaryFile()
        # A session of its own: Ctrl-C is for the harness, which then closes it.
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-I", "-S", "-c", f"{_BOOT}; main(sys.argv[2])"),
                *(str(_REPOSITORY), scratch),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            env={},
            cwd="/",
            start_new_session=True,
        )
        self._requests = cast(BinaryIO, self._process.stdin)
        self._answers = cast(BinaryIO, self._process.stdout)
        self.closed = False
        self._asking = threading.RLock()
        self._last_words = ""

    def ask(
        self, job: Job, stdin: bytes, contents: list[bytes]
    ) -> tuple[dict[str, Any], list[bytes]]:
        """Runs a job to its end.

        Raises:
          WardenDied: there is no answer, and this warden is of no more use.
        """
        with self._asking:
            try:
                wire.write(self._requests, job.to_json(), [stdin, *contents])
                with selectors.DefaultSelector() as selector:
                    selector.register(self._answers, selectors.EVENT_READ)
                    ready = selector.select(job.limits.wall_seconds + _GRACE_SECONDS)
                answer = wire.read(self._answers) if ready else None
            except (OSError, ValueError):  # it has gone, or is closed already
                answer = None
            except BaseException:  # as Ctrl-C: the next one would read this answer
                self.close()
                raise
            if answer is None:
                self.close()
                raise WardenDied(self._last_words or "the warden ended.")
            return answer

    def close(self) -> None:
        """Ends the warden and what it runs; again is nothing."""
        self.closed = True
        with contextlib.suppress(BrokenPipeError, ValueError):  # gone, closed before
            wire.write(self._requests, wire.DISMISSED, [])
        with contextlib.suppress(BrokenPipeError):
            self._requests.close()
        try:
            self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.returncode and os.geteuid() == 0:
            # It could not end what it ran, but nobody else has that user.
            descendants.kill_user(user_under(self._process.pid))
        with self._asking:  # whoever asked has by now found that it is gone
            if not self._answers.closed:
                self._complaints.seek(0)
                lines = self._complaints.read().decode(errors="replace").splitlines()
                self._last_words = lines[-1] if lines else ""
                self._complaints.close()
                self._answers.close()
