"""Answers that are one value: evaluated in one sandbox, compared in another.

The authors evaluate such an answer in the grader's own process; here it crosses as
data, so that nothing in it can be equal to everything.
"""

from __future__ import annotations

from eval.benchmarks.judge.judging import Tests, judge
from eval.benchmarks.livecodebench.prelude import PRELUDE
from eval.benchmarks.problem import Grade
from eval.sandbox.sandbox import Sandbox

_ANSWER = """{prelude}

def answer():
    return (
{answer}
)
"""
_SECONDS = 3.0


def grade(sandbox: Sandbox, answer: str, expected: str) -> Grade:
    """Holds an expression to a value.

    Args:
      answer: Python, of a model; may use what the authors import.
      expected: Python.

    Raises:
      SandboxError: it was not run, through no fault of its own.
    """
    tests = Tests(
        f"assert answer() == ({expected})\n", names=("answer",), seconds=_SECONDS
    )
    source = _ANSWER.replace("{prelude}", PRELUDE).replace("{answer}", answer)
    return judge(sandbox, tests, source)
