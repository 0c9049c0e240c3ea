"""Running programs on this machine, in a tier of it."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import re
import shutil
import stat
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from data_pipeline import users_cache
from data_pipeline.user_error import UserError
from eval.sandbox import joint, system, toolchains
from eval.sandbox.client import Warden, WardenDied
from eval.sandbox.compile_cache import CompileCache, key
from eval.sandbox.joint import Joint
from eval.sandbox.languages import LANGUAGES
from eval.sandbox.limits import COMPILING, RUNNING, Limits
from eval.sandbox.outcome import Outcome
from eval.sandbox.program import Command, Program
from eval.sandbox.sandbox import Cancelled, Sandbox, SandboxError
from eval.sandbox.toolchains import Toolchain
from eval.sandbox.wire import Job


@dataclasses.dataclass(frozen=True)
class Confinement:
    """See `wire.Job`, which has the same fields."""

    kind: str
    bwrap: str
    options: tuple[str, ...]
    drop_user: bool
    show: bool


class LocalSandbox(Sandbox):
    """Starts programs through wardens, one for each that runs at once.

    Args:
      title: of its tier.
      cache: folder for compiled programs; None for the user's own.
    """

    def __init__(
        self, confinement: Confinement, title: str, cache: pathlib.Path | None
    ):
        super().__init__(title, os.cpu_count() or 1)
        self._confinement = confinement
        self._cache = CompileCache(
            cache or users_cache.folder_of_machine() / "programs"
        )
        self._scratch = _scratch()
        self._lock = threading.Lock()
        # One from the start: whenever this process is killed, it removes the folder.
        self._idle = [Warden(self._scratch)]
        self._all = set(self._idle)
        self._closed = False

    def cancel(self) -> None:
        with self._lock:
            wardens, self._all, self._idle = self._all, set(), []
        for warden in wardens:
            warden.close()

    def close(self) -> None:
        with self._lock:
            self._closed = True
        self.cancel()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def toolchain(self, language: str) -> Toolchain:
        return toolchains.require(language, through=self._confinement.show)

    def has(self, path: str) -> bool:
        return os.path.exists(path)

    def run(
        self,
        program: Program,
        stdin: bytes = b"",
        limits: Limits = RUNNING,
        compiling: Limits = COMPILING,
    ) -> Outcome:
        ready = self._ready(program, limits, compiling)
        if isinstance(ready, Outcome):
            return ready
        command, copies = ready
        return _complaint(program, self.execute(command, stdin, limits, copies))

    def converse(
        self,
        asking: Program,
        answering: Program,
        limits: Limits = RUNNING,
        answering_limits: Limits = RUNNING,
        compiling: Limits = COMPILING,
    ) -> tuple[Outcome, Outcome]:
        asks = self._ready(asking, limits, compiling)
        answers = self._ready(answering, answering_limits, compiling)
        for failed in (asks, answers):
            if isinstance(failed, Outcome):
                return failed, failed
        assert not isinstance(asks, Outcome) and not isinstance(answers, Outcome)
        with (
            joint.opened() as questions,
            joint.opened() as replies,
            ThreadPoolExecutor(1) as other,
        ):

            def answer() -> Outcome:
                with replies.sink:
                    return self._execute(
                        *answers, b"", answering_limits, questions, replies
                    )

            answered = other.submit(answer)
            # Whoever asks may be writing when the other one has gone: it is left alone,
            # for the harness itself still holds the source of the questions.
            with questions.sink, replies.source:
                asked = self._execute(*asks, b"", limits, replies, questions)
            return _complaint(asking, asked), _complaint(answering, answered.result())

    def _ready(
        self, program: Program, limits: Limits, compiling: Limits
    ) -> tuple[Command, Sequence[tuple[str, str]]] | Outcome:
        """The command that runs a program, with copies, or how its compiler failed."""
        found = self.toolchain(program.language)
        language = LANGUAGES[program.language]
        words = _words(program, found, limits)
        files, copies = program.files, []
        if language.compile is not None:
            built = self._built(program, found, compiling)
            if isinstance(built, Outcome):
                return built
            files = {
                path: files[path] for path in files if path.split("/")[0] != _BUILT
            }
            copies = [
                (f"{_BUILT}/{path.relative_to(built)}", str(path))
                for path in sorted(built.rglob("*"))
                if path.is_file()
            ]
        command = Command(
            (*_filled(language.run, words), *program.arguments),
            files,
            language.environment,
            (found.folder,) if found.folder else (),
            language.reserve_bytes,
        )
        return command, copies

    def execute(
        self,
        command: Command,
        stdin: bytes = b"",
        limits: Limits = RUNNING,
        copies: Sequence[tuple[str, str]] = (),
    ) -> Outcome:
        return self._execute(command, copies, stdin, limits)

    def _execute(
        self,
        command: Command,
        copies: Sequence[tuple[str, str]],
        stdin: bytes,
        limits: Limits,
        source: Joint | None = None,
        sink: Joint | None = None,
    ) -> Outcome:
        """As `execute`; it may read from one pipe and write to another."""
        for folder in command.readable:
            if not self.has(folder):
                raise UserError(f"{folder!r} is no folder to read on this machine.")
        job = Job(
            confinement=self._confinement.kind,
            argv=list(command.argv),
            environment={**system.ENVIRONMENT, **command.environment},
            files=list(command.files),
            copies=list(copies),
            readable=list(command.readable),
            limits=limits,
            reserve=command.reserve_bytes,
            bwrap=self._confinement.bwrap,
            options=list(self._confinement.options),
            scratch=self._scratch,
            drop_user=self._confinement.drop_user,
            show=self._confinement.show,
            source=joint.path_of(source.source) if source else "",
            sink=joint.path_of(sink.sink) if sink else "",
        )
        warden = self._take()
        try:
            answer, blobs = warden.ask(job, stdin, list(command.files.values()))
        except WardenDied as error:
            if warden not in self._all:
                raise Cancelled("The program was ended with the sandbox.") from error
            raise SandboxError(f"The program was lost: {error}") from error
        finally:
            self._give(warden)
        if "failure" in answer:
            raise SandboxError(answer["failure"])
        stdout, stderr = blobs
        return Outcome(phase="run", stdout=stdout, stderr=stderr, **answer)

    def _take(self) -> Warden:
        with self._lock:
            if self._closed:
                raise Cancelled("The sandbox was closed.")
            if self._idle:
                return self._idle.pop()
            warden = Warden(self._scratch)
            self._all.add(warden)
            return warden

    def _give(self, warden: Warden) -> None:
        with self._lock:
            if warden.closed:
                self._all.discard(warden)
            elif warden in self._all:  # not being cancelled
                self._idle.append(warden)

    def _built(
        self, program: Program, found: Toolchain, limits: Limits
    ) -> pathlib.Path | Outcome:
        """The folder of the compiled program, or how its compiler failed."""
        language = LANGUAGES[program.language]
        assert language.compile is not None
        words = _filled(language.compile, _words(program, found, limits))
        failed: list[Outcome] = []

        def build() -> bytes:
            outcome = self.execute(
                Command(
                    ("/bin/sh", "-c", _COMPILE, "sh", *words),
                    program.files,
                    language.environment,
                    (found.folder,) if found.folder else (),
                    language.reserve_bytes,
                ),
                limits=limits,
            )
            if not outcome.succeeded:
                failed.append(outcome)
                raise _DoesNotCompile
            return outcome.stdout

        decisive = (program.language, found.version, words, language.environment)
        try:
            return self._cache.get(key(decisive, program.files), build)
        except _DoesNotCompile:
            return dataclasses.replace(failed[0], phase="compile", stdout=b"")


def _complaint(program: Program, outcome: Outcome) -> Outcome:
    """Sees from a failed program's last words that its memory had ended."""
    texts = LANGUAGES[program.language].memory_complaints
    complains = any(text in outcome.stderr for text in texts)
    if outcome.exit_code != 0 and outcome.limit is None and complains:
        return dataclasses.replace(outcome, limit="memory")
    return outcome


class _DoesNotCompile(Exception):
    pass


_BUILT = ".built"
# The compiled files leave as a tar file: nothing of the machine needs to be writable.
_COMPILE = f'mkdir -p {_BUILT} && "$@" 1>&2 && exec tar -C {_BUILT} -cf - .'


def _words(program: Program, found: Toolchain, limits: Limits) -> dict[str, Any]:
    """What the words in braces of `Language` stand for."""
    suffix = LANGUAGES[program.language].suffix
    stem = program.entry.removesuffix(suffix)
    package = b""
    if program.language == "java":
        package = _PACKAGE.search(program.files[program.entry])
        package = package[1] + b"." if package else b""
    return {
        **{f"{{{name}}}": path for name, path in found.executables.items()},
        "{entry}": program.entry,
        "{out}": f"{{box}}/{_BUILT}",
        "{class}": package.decode() + stem.rpartition("/")[2],
        "{heap}": str(limits.memory_bytes * 3 // 4 // 2**20),
        "{sources}": sorted(path for path in program.files if path.endswith(suffix)),
    }


_PACKAGE = re.compile(rb"^\s*package\s+([\w.]+)\s*;", re.MULTILINE)


def _filled(template: tuple[str, ...], words: dict[str, Any]) -> list[str]:
    filled: list[str] = []
    for part in template:
        if part == "{sources}":
            filled += words[part]
            continue
        for name, word in words.items():
            if name != "{sources}":
                part = part.replace(name, word)
        filled.append(part)
    return filled


def _scratch() -> str:
    """A new folder for boxes, in a place that another user can reach.

    Raises:
      UserError: there is no such place.
    """
    for place in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        above = [pathlib.Path(place), *pathlib.Path(place).parents]
        if all(folder.stat().st_mode & stat.S_IXOTH for folder in above):
            folder = tempfile.mkdtemp(prefix="hrm-sandbox-", dir=place)
            os.chmod(folder, 0o711)
            return folder
    raise UserError("No other user can reach the temporary folders: chmod 1777 /tmp.")
