"""Programs that read standard input: run once for each test, compared outside."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from eval.benchmarks.livecodebench.cases import Case
from eval.benchmarks.livecodebench.prelude import PRELUDE
from eval.benchmarks.problem import Grade, Kind
from eval.sandbox.limits import MIB, RUNNING
from eval.sandbox.outcome import Outcome
from eval.sandbox.program import Program
from eval.sandbox.sandbox import Sandbox

SECONDS = 6.0
"""For each test, in all scenarios that run programs."""
MEMORY_BYTES = 2048 * MIB
WRONG, LATE, FAILED, LOST = -2, -3, -4, -5
"""The authors' codes: a wrong answer, a test's time is up, an error (also one while the
program is loaded), the process that ran the test is gone."""

_STARTING_SECONDS = 0.5
_LIMITS = dataclasses.replace(
    RUNNING,
    wall_seconds=SECONDS + _STARTING_SECONDS,
    cpu_seconds=SECONDS + _STARTING_SECONDS,
    memory_bytes=MEMORY_BYTES,
    output_bytes=16 * MIB,
)
# As the authors have it: leaving by `exit`, with whatever code, is no error.
_RUN = """
with open("submission.py", encoding="utf-8") as _file:
    _code = compile(_file.read(), "submission.py", "exec")
try:
    exec(_code, {**globals(), "__name__": "__main__"})
except SystemExit:
    pass
"""
_LONGEST = 300


def grade(sandbox: Sandbox, cases: Sequence[Case], submission: str) -> Grade:
    """Runs a program on each case until one fails.

    The grade has a code for each case that was run: 1 if it passed, else one of the
    authors'.

    Raises:
      SandboxError: it was not run, through no fault of its own.
    """
    files = {
        "main.py": (PRELUDE + _RUN).encode(),
        "submission.py": submission.encode(errors="replace"),
    }
    program = Program("python", files, "main.py")
    seconds, codes = 0.0, []
    for case in cases:
        outcome = sandbox.run(program, case.input.encode(), _LIMITS)
        seconds += outcome.wall_seconds
        kind, code, why = _judged(outcome, case)
        codes.append(code)
        if kind != Kind.PASSED:
            shown = f"Input: {shortened(case.input)}\n{why}"
            detail = f"{shown}\nExpected: {shortened(case.output)}"
            return Grade(kind, detail, seconds, tuple(codes))
    return Grade(Kind.PASSED, "", seconds, tuple(codes))


def _judged(outcome: Outcome, case: Case) -> tuple[Kind, int, str]:
    """How a run fared, the authors' code for it, and why."""
    if outcome.limit in ("wall", "cpu"):
        return Kind.TIME_LIMIT, LATE, f"Time Limit Exceeded: {SECONDS:g} s"
    if outcome.limit is not None:
        kinds = {"memory": Kind.MEMORY_LIMIT, "output": Kind.OUTPUT_LIMIT}
        kind = kinds.get(outcome.limit, Kind.RUNTIME_ERROR)
        return kind, FAILED, f"It passed its limit: {outcome.limit}."
    if not outcome.succeeded:
        said = outcome.stderr.decode(errors="replace").strip()
        syntax = said.rpartition("\n")[2].startswith(
            ("SyntaxError", "IndentationError")
        )
        kind = (
            Kind.COMPILE_ERROR if syntax and not outcome.stdout else Kind.RUNTIME_ERROR
        )
        return kind, FAILED if outcome.signal is None else LOST, said[-_LONGEST:]
    output = outcome.stdout.decode(errors="replace")
    if same(output, case.output):
        return Kind.PASSED, 1, ""
    return Kind.WRONG_ANSWER, WRONG, f"Generated Output: {shortened(output)}"


def same(output: str, expected: str) -> bool:
    """Whether an output is right: line by line without the space around, and where two
    lines differ, number by number (`grade_stdio` in the authors' testing_util.py).
    """
    lines, wanted = (text.strip().split("\n") for text in (output, expected))
    return len(lines) == len(wanted) and all(
        one.strip() == other.strip() or _numbers(one, other)
        for one, other in zip(lines, wanted, strict=True)
    )


def _numbers(one: str, other: str) -> bool:
    try:
        return list(map(Decimal, one.split())) == list(map(Decimal, other.split()))
    except InvalidOperation:  # no numbers
        return False


def shortened(text: str) -> str:
    """A text of at most some 300 characters, cut in the middle, as the authors do."""
    if len(text) <= _LONGEST:
        return text
    return f"{text[: _LONGEST // 2]}...(truncated) ...{text[-_LONGEST // 2 :]}"
