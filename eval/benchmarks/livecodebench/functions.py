"""Submissions of one function: called by a judge in another process."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence

from eval.benchmarks.judge.judging import Tests, judge
from eval.benchmarks.livecodebench import programs
from eval.benchmarks.livecodebench.cases import Case
from eval.benchmarks.livecodebench.prelude import PRELUDE
from eval.benchmarks.problem import Grade, Kind
from eval.sandbox.sandbox import Sandbox

_SOURCE = """
from eval.benchmarks.judge import functional
functional.check({candidate}, "cases.json", __codes__)
"""
_CODES = {
    Kind.WRONG_ANSWER: programs.WRONG,
    Kind.TIME_LIMIT: programs.LATE,
    Kind.EARLY_EXIT: programs.LOST,
}


def grade(sandbox: Sandbox, cases: Sequence[Case], name: str, submission: str) -> Grade:
    """Calls a function, or a method of `Solution`, on each case until one fails.

    Codes are as in `programs.grade`.

    Raises:
      SandboxError: it was not run, through no fault of its own.
    """
    of_class = "class Solution" in submission
    tests = Tests(
        _SOURCE.format(candidate=f"Solution().{name}" if of_class else name),
        names=("Solution",) if of_class else (name,),
        seconds=(programs.SECONDS + 1) * len(cases) + 5,
        call_seconds=programs.SECONDS,
        files={"cases.json": json.dumps(cases).encode()},
        helpers=("functional",),
        memory_bytes=programs.MEMORY_BYTES,
    )
    found = judge(sandbox, tests, f"{PRELUDE}\n{submission}")
    if found.passed or found.kind == Kind.NOT_RUN or len(found.codes) == len(cases):
        return found
    code = _CODES.get(found.kind, programs.FAILED)
    case = cases[len(found.codes)]
    shown = f"Input: {programs.shortened(case.input)}\n{found.detail}"
    detail = f"{shown}\nExpected: {programs.shortened(case.output)}"
    return dataclasses.replace(found, detail=detail, codes=(*found.codes, code))
