"""What somebody who met a bug would write."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from eval.benchmarks.repositories import testing
from eval.benchmarks.repositories.layout import Layout
from eval.sandbox.sandbox import Sandbox

_TEXTS = (
    "Wrong result of `{call}`\n\n```python\nfrom {module} import *\n\n{call}\n```\n\n"
    "This {got}. It {want}, as the documentation has it.\n",
    "`{module}` does not do what it says\n\nI tried `{call}`, and it {got}. I think "
    "it {want}. Other calls of it are fine.\n",
    "Unexpected behaviour in `{module}`\n\nSteps to reproduce:\n\n"
    "    >>> from {module} import *\n    >>> {call}\n\nExpected: it {want}.\n"
    "Instead, it {got}.\n",
)


def symptom(
    layout: Layout,
    module: str,
    files: Mapping[str, str],
    failed: Sequence[tuple[str, str, str]],
    generator: random.Random,
    sandbox: Sandbox,
) -> str | None:
    """The text of an issue; None if no failed test fails by itself.

    Args:
      files: with the bug.
      failed: calls, what they should give, and their tests.
    """
    for call, want, _ in generator.sample(list(failed), len(failed)):
        told = testing.values(files, layout.imported(module), [call], sandbox)
        if told is None or told[0] == want:
            continue
        return generator.choice(_TEXTS).format(
            call=call,
            module=layout.imported(module),
            got=_words(told[0], "gives", "raises"),
            want=_words(want, "should give", "should raise"),
        )
    return None


def _words(value: str, gives: str, raises: str) -> str:
    if value.startswith("!"):
        return f"{raises} {value[1:]}"
    return f"{gives} `{value}`"
