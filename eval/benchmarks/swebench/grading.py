"""Whether an issue is resolved, by the authors' rules (swebench 5.0.2, grading.py)."""

from __future__ import annotations

import dataclasses
import enum
import re
from collections.abc import Mapping, Sequence

from eval.benchmarks.swebench import logs

START, END = ">>>>> Start Test Output", ">>>>> End Test Output"
EXIT_CODE = ">>>>> Test Exit Code"
NOT_APPLIED = ">>>>> Patch Apply Failed"
_TIMED_OUT = ">>>>> Tests Timed Out"
_BAD = (
    NOT_APPLIED,
    ">>>>> Reset Failed",
    ">>>>> Tests Errored",
    _TIMED_OUT,
)
_RESET = "Failed to reset task environment"
_APPLIED = ">>>>> Applied Patch"
_RUN_OUT = re.compile(r"\n\nTimeout error: \d+ seconds exceeded\.\s*\Z")


class Resolved(enum.StrEnum):
    """How far an issue is resolved."""

    FULL = "RESOLVED_FULL"
    PARTIAL = "RESOLVED_PARTIAL"
    NO = "RESOLVED_NO"


@dataclasses.dataclass(frozen=True)
class Report:
    """Attributes:
    fail_to_pass: whether each of these tests passed.
    pass_to_pass: likewise.
    """

    fail_to_pass: Mapping[str, bool]
    pass_to_pass: Mapping[str, bool]

    @property
    def resolved(self) -> Resolved:
        """FULL if all tests pass; PARTIAL if of the FAIL_TO_PASS ones some do. An empty
        list passes."""
        if not all(self.pass_to_pass.values()):
            return Resolved.NO
        if all(self.fail_to_pass.values()):
            return Resolved.FULL
        return Resolved.PARTIAL if any(self.fail_to_pass.values()) else Resolved.NO


def report(
    fail_to_pass: Sequence[str],
    pass_to_pass: Sequence[str],
    statuses: Mapping[str, str],
) -> Report:
    """Compares the statuses of tests with what they must be.

    A test passes as PASSED or XFAIL; one that has to go on passing may also be SKIPPED.
    A test that is not in the log has failed.
    """
    return Report(
        {name: _status(name, statuses) in _PASSING for name in fail_to_pass},
        {
            name: _status(name, statuses) in (*_PASSING, logs.SKIPPED)
            for name in pass_to_pass
        },
    )


_PASSING = (logs.PASSED, logs.XFAIL)


def _status(name: str, statuses: Mapping[str, str]) -> str | None:
    """The status of a test; of a name that is cut within its parameters, as some of
    Verified are, that of the tests that begin so, if they all passed or none did."""
    if name in statuses or name.count("[") <= name.count("]"):
        return statuses.get(name)
    found = [status for test, status in statuses.items() if test.startswith(name)]
    agree = len({status in _PASSING for status in found}) == 1
    return found[0] if agree else None


def statuses(
    log: str, parser: logs.Parser, *, marked: bool = True
) -> dict[str, str] | None:
    """The statuses in a log of the authors' harness; None if the tests did not run.

    Args:
      marked: the script marks the output of the tests; before swebench 3 it did not,
        and the log had to say that a patch was applied (version 2, grading.py).
    """
    if any(word in log for word in _BAD):
        return None
    if not marked:
        if "applied patch" not in log.lower() or _RESET in log:
            return None
        return parser(log.split(f"{_APPLIED} (pred)")[-1])
    if START not in log or END not in log:
        return None
    # Where nothing stands between the marks, the tests wrote elsewhere in the log.
    found = parser(log.split(START)[1].split(END)[0]) or parser(log)
    # A patch may print lines of its own: a command that failed has a failed test.
    code = re.search(rf"{re.escape(EXIT_CODE)}:\s*(-?\d+)", log)
    failed = {logs.FAILED, logs.ERROR} & set(found.values())
    if not found or (code and code[1].strip("-0") and not failed):
        return None
    return found


def timed_out(log: str) -> bool:
    """Whether the harness says that the tests took too long."""
    return _TIMED_OUT in log or _RUN_OUT.search(log) is not None
