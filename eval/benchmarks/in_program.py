"""Grading where tests and submission are one program, as their authors have it.

The program gets a random word on standard input, and the last statement behind the
tests repeats it. A submission passes only if the program ends by itself with code 0 and
has repeated the word: leaving early with code 0 or printing "PASSED" is no way around
the tests.

Not covered, since the tests run in the submission's own process:

- A submission that reads the word from standard input itself and prints it.
- One that replaces what the tests call: an operator or an overload that makes all
  things equal, a macro over the tests' own words, a patched library function.
- Expected outputs stand in the program, so a submission can look for them.

Programs of models that solve tasks do none of this; where answers are a reward, prefer
the benchmarks whose tests are judged in another process.
"""

from __future__ import annotations

import re
import secrets
from typing import NamedTuple

from data_pipeline.schema import UserError
from eval.benchmarks.problem import BY_LIMIT, Grade, Kind
from eval.sandbox.outcome import Outcome
from eval.sandbox.program import Program
from eval.sandbox.sandbox import Sandbox
from eval.sandbox.toolchains import NoToolchain


class NotRunnable(UserError):
    """A problem needs what the sandbox does not have."""


class Assembled(NamedTuple):
    """A submission with its tests.

    Attributes:
      program: repeats its standard input, on a line of its own, once the tests ended.
      silent: by the authors' rules it may print nothing else.
    """

    program: Program
    silent: bool = False


_WRONG = re.compile(
    r"AssertionError|[Aa]ssertion [^\n]*failed|Assertion failed|Not equal: expected"
    r"|test case \d+ (did not|failed to) pass|Error at \d+th assert"
)
"""What failed tests say, in any of the languages."""
_LAST = 2**14
"""Bytes of each output in which it is looked for: an answer may print millions."""


def grade(assembled: Assembled, sandbox: Sandbox) -> Grade:
    """Compiles and runs a submission with its tests.

    Raises:
      SandboxError: it was not run, through no fault of its own.
    """
    word = secrets.token_hex(16).encode()
    try:
        outcome = sandbox.run(assembled.program, stdin=word)
    except NoToolchain as error:
        return Grade(Kind.NOT_RUN, str(error))
    kind, seconds = _kind(outcome, word, assembled.silent), outcome.wall_seconds
    if kind == Kind.PASSED:
        return Grade(kind, seconds=seconds)
    said = outcome.stderr.strip() or outcome.stdout.replace(word, b"").strip()
    detail = said.decode(errors="replace")
    if outcome.limit:
        detail = f"It hit its limit of {outcome.limit}.\n{detail}".strip()
    elif outcome.signal:
        detail = f"It ended by signal {outcome.signal}.\n{detail}".strip()
    return Grade(kind, detail, seconds)


def _kind(outcome: Outcome, word: bytes, silent: bool) -> Kind:
    if outcome.phase == "compile":
        return Kind.COMPILE_ERROR
    if outcome.limit is not None:
        return BY_LIMIT[outcome.limit]
    outputs = (outcome.stderr, outcome.stdout)
    complaint = b"".join(one[-_LAST:] for one in outputs).decode(errors="replace")
    wrong = Kind.WRONG_ANSWER if _WRONG.search(complaint) else Kind.RUNTIME_ERROR
    if outcome.exit_code != 0:
        return wrong
    if silent and outcome.stderr:
        return wrong
    if word not in outcome.stdout.split(b"\n"):
        return Kind.EARLY_EXIT
    if silent and outcome.stdout.strip() != word:
        return Kind.WRONG_ANSWER
    return Kind.PASSED
