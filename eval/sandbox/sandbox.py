"""What a sandbox is, wherever it runs its programs."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from types import TracebackType

from eval.sandbox.limits import COMPILING, RUNNING, Limits
from eval.sandbox.outcome import Outcome
from eval.sandbox.program import Command, Program
from eval.sandbox.toolchains import Toolchain


class SandboxError(RuntimeError):
    """A program was not run, and it is not the program's fault."""


class Cancelled(SandboxError):
    """Somebody ended what ran in the sandbox."""


class Sandbox(abc.ABC):
    """Runs programs; many threads may do so at once.

    Made by `tiers.open_sandbox`. Use it as a context, so that nothing is left behind.

    Attributes:
      title: of its tier, for reports.
      workers: how many programs it runs well at once.
    """

    def __init__(self, title: str, workers: int):
        self.title, self.workers = title, workers

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @abc.abstractmethod
    def cancel(self) -> None:
        """Ends whatever runs now; whoever waits for it gets `Cancelled`."""

    @abc.abstractmethod
    def close(self) -> None:
        """Ends whatever runs, and leaves no process and no file; again is nothing."""

    @abc.abstractmethod
    def toolchain(self, language: str) -> Toolchain:
        """The compiler or runtime that programs of a language get.

        Raises:
          NoToolchain: this sandbox has none.
        """

    @abc.abstractmethod
    def has(self, path: str) -> bool:
        """Whether there is such a file or folder where it runs its programs."""

    @abc.abstractmethod
    def run(
        self,
        program: Program,
        stdin: bytes = b"",
        limits: Limits = RUNNING,
        compiling: Limits = COMPILING,
    ) -> Outcome:
        """Runs a program, compiled first if its language wants that.

        Args:
          stdin: what it reads; it is all there from the start.
          limits: of the program itself.
          compiling: of its compiler.

        Raises:
          NoToolchain: its language cannot be run here.
          SandboxError: it was not run, through no fault of its own.
        """

    @abc.abstractmethod
    def converse(
        self,
        asking: Program,
        answering: Program,
        limits: Limits = RUNNING,
        answering_limits: Limits = RUNNING,
        compiling: Limits = COMPILING,
    ) -> tuple[Outcome, Outcome]:
        """Runs two programs at once, each reading what the other writes.

        Each is confined as by `run`; they share nothing but the two pipes, and what
        goes through counts as output. When the answering one ends, the asking one reads
        the end of its input and may still finish; when the asking one ends, the
        answering one is ended with it, by SIGKILL if it has not left by itself.

        Args:
          limits: of the asking program.
          answering_limits: of the other.

        Returns:
          What came of the asking program, and of the other one; what they said to each
          other is not kept. If one does not compile, none runs, and this is the outcome
          of both.

        Raises:
          NoToolchain: a language cannot be run here.
          SandboxError: they were not run, through no fault of their own.
        """

    @abc.abstractmethod
    def execute(
        self,
        command: Command,
        stdin: bytes = b"",
        limits: Limits = RUNNING,
        copies: Sequence[tuple[str, str]] = (),
    ) -> Outcome:
        """Runs a command of the sandbox's machine in the sandbox.

        Args:
          stdin: what it reads; it is all there from the start.
          copies: paths in its folder, and files of this machine to copy there, to be
            started if need be.

        Raises:
          SandboxError: it was not run, through no fault of its own.
          UserError: it asks to read a folder that is not there.
        """
