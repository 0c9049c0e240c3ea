"""Running the tests of an exercise on a submission."""

from __future__ import annotations

import dataclasses
import json
import re
import secrets
from collections.abc import Callable, Mapping

from eval.benchmarks.polyglot import compiled, interpreted
from eval.benchmarks.polyglot.exercise import Exercise
from eval.benchmarks.polyglot.suite import (
    CANNOT_BUILD,
    DOES_NOT_COMPILE,
    FOLDER,
    NotRunnable,
    Suite,
)
from eval.benchmarks.problem import BY_LIMIT, Kind
from eval.sandbox.languages import LANGUAGES
from eval.sandbox.limits import MIB, Limits
from eval.sandbox.outcome import Outcome
from eval.sandbox.program import Command
from eval.sandbox.sandbox import Sandbox
from eval.sandbox.toolchains import NoToolchain

SECONDS = 180
"""`benchmark.py`: by the clock, the compiler's time included."""

LIMITS = Limits(
    wall_seconds=SECONDS,
    cpu_seconds=2 * SECONDS,
    memory_bytes=4096 * MIB,
    processes=2048,
    output_bytes=4 * MIB,
    file_bytes=512 * MIB,
    disk_bytes=1024 * MIB,
)
"""Enough for build tools, and for `bank-account`, whose tests in Java start 1,000
threads; the benchmark itself has no limit but time."""

_SUITES: dict[str, Callable[[Exercise, Sandbox], Suite]] = {
    "python": interpreted.python,
    "javascript": interpreted.javascript,
    "go": compiled.go,
    "rust": compiled.rust,
    "java": compiled.java,
    "cpp": compiled.cpp,
}


@dataclasses.dataclass(frozen=True)
class Tested:
    """Attributes:
    kind: of success or failure.
    output: of the tests, as the second try sees it.
    seconds: by the clock.
    """

    kind: Kind
    output: str
    seconds: float = 0.0


def obstacle(exercise: Exercise, sandbox: Sandbox) -> str:
    """Why the tests cannot be run on this machine; "" as far as nothing says so."""
    try:
        _SUITES[exercise.language](exercise, sandbox)
    except (NotRunnable, NoToolchain) as error:
        return str(error)
    return ""


def run(exercise: Exercise, solution: Mapping[str, str], sandbox: Sandbox) -> Tested:
    """Runs all tests of an exercise.

    Args:
      solution: contents of solution files, by path; the others are as they are.

    Raises:
      SandboxError: they were not run, through no fault of the submission.
    """
    try:
        suite = _SUITES[exercise.language](exercise, sandbox)
    except (NotRunnable, NoToolchain) as error:
        return Tested(Kind.NOT_RUN, str(error))
    word = secrets.token_hex(16)
    files = {f"{exercise.name}/{path}": data for path, data in exercise.files.items()}
    for path, text in solution.items():
        files[f"{exercise.name}/{path}"] = text.encode()
    command = Command(
        argv=(
            *("/bin/sh", "-c", f'cd "$0" && {{ {suite.script}; }}'),
            *(f"{{box}}/{exercise.name}", f"{{box}}/{FOLDER}"),
        ),
        files={**files, **suite.files},
        environment=suite.environment,
        readable=suite.readable,
        reserve_bytes=LANGUAGES[exercise.language].reserve_bytes,
    )
    outcome = sandbox.execute(command, word.encode(), LIMITS, suite.copies)
    text, last = _parted(outcome, word)
    kind = _kind(outcome, suite, text, last)
    if kind == Kind.TIME_LIMIT:
        text = "Tests timed out!"
    return Tested(kind, _cleaned(text), outcome.wall_seconds)


def _parted(outcome: Outcome, word: str) -> tuple[str, dict[str, int] | None]:
    """The output without the runner's last line, and what that one holds, if it is
    there."""
    text = (outcome.stdout + b"\n" + outcome.stderr).decode(errors="replace")
    before, found, after = text.rpartition(f"\n{word} ")
    if not found:
        return text.replace(word, "").strip(), None
    line, _, rest = after.partition("\n")
    try:
        last = json.loads(line)
    except (ValueError, RecursionError):
        last = None
    # Somebody else may have written the line.
    counts = last.values() if isinstance(last, dict) else [last]
    if not all(type(count) is int for count in counts):
        return text.replace(word, "").strip(), None
    return f"{before}\n{rest}".replace(word, "").strip(), last


def _kind(
    outcome: Outcome, suite: Suite, text: str, last: dict[str, int] | None
) -> Kind:
    if outcome.limit is not None:
        return BY_LIMIT[outcome.limit]
    if suite.may_not_build and outcome.exit_code == CANNOT_BUILD:
        return Kind.NOT_RUN
    if outcome.exit_code == DOES_NOT_COMPILE:
        return Kind.COMPILE_ERROR
    ended = last is not None or not suite.has_word
    if outcome.exit_code == 0:
        enough = suite.passed(text, last or {}) >= suite.expected > 0
        return Kind.PASSED if ended and enough else Kind.EARLY_EXIT
    return Kind.WRONG_ANSWER if ended else Kind.RUNTIME_ERROR


def _cleaned(text: str) -> str:
    """Without what differs from run to run, as `benchmark.py` does."""
    return re.sub(r"\bin \d+\.\d+s\b", "", text)
