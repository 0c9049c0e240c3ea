"""What came of a run, as data."""

from __future__ import annotations

import dataclasses
from typing import Literal

Limit = Literal["wall", "cpu", "memory", "processes", "output", "file", "disk"]


@dataclasses.dataclass(frozen=True)
class Outcome:
    """All that is known of a program after its end; nothing in it is the program's word
    but the two outputs, and the exit code.

    Attributes:
      phase: "compile" if the program never ran because it does not compile; the outputs
        are then the compiler's.
      stdout: bytes as they came, never more than the limit; not always UTF-8.
      stderr: likewise.
      stdout_truncated: it had more to say.
      stderr_truncated: likewise.
      exit_code: None if a signal ended it.
      signal: the number of that signal, or None. In tier 1 a program that exits with
        128 + n, as shells do, looks like one that signal n ended.
      limit: the one that ended the program, None if none did. "memory" is also a failed
        program whose runtime complains of memory.
      wall_seconds: from the start to the end.
      cpu_seconds: of all its processes.
      peak_bytes: of the largest process, or of all together where they lasted longer
        than a glance; never less than what starting a program takes, 12 MB.
    """

    phase: Literal["compile", "run"]
    stdout: bytes
    stderr: bytes
    stdout_truncated: bool
    stderr_truncated: bool
    exit_code: int | None
    signal: int | None
    limit: Limit | None
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int

    @property
    def succeeded(self) -> bool:
        """It ran to its end, with exit code 0: no proof that it did its task.

        A program may leave early with code 0 or print what it likes. Whoever grades
        looks for the results themselves in `stdout`, not for a word about them.
        """
        return self.phase == "run" and self.exit_code == 0 and self.limit is None
