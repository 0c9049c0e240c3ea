"""How the tests of an instance are run, by what its row says.

The files of swebench 5 tell of each instance its container's `image` and the
`eval_script` that runs the tests there; older files do not, and before 5 the package
made them. Variants call the image `image_name`.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from data_pipeline.schema import UserError
from eval.benchmarks.swebench import grading

_HEAD = ("#!/bin/bash", "set -uxo pipefail")
_VARIABLE = "SWEBENCH_TEST_EXIT_CODE"


class NoSpec(UserError):
    """A row does not say how its tests are run; the message says what it lacks."""


@dataclasses.dataclass(frozen=True)
class Spec:
    """Attributes:
    image: of the container, with the repository in `/testbed`.
    script: for bash, run after the patch; its output is the log to be graded.
    """

    image: str
    script: str


def of(row: Mapping[str, Any]) -> Spec:
    """What a row says.

    Raises:
      NoSpec: it does not say enough.
    """
    image = row.get("image") or row.get("image_name")
    script = row.get("eval_script")
    for name, value in (("image", image), ("eval_script", script)):
        if not isinstance(value, str) or not value.strip():
            raise NoSpec(
                f"The row has no `{name}`: take the files that swebench 5 reads, which "
                "have one."
            )
    assets = row.get("image_assets") or {}
    if any((json.loads(assets) if isinstance(assets, str) else assets).values()):
        raise NoSpec("The row has `image_assets`, pictures that no patch can carry.")
    return Spec(str(image), _with_exit_code(str(script)))


def _with_exit_code(script: str) -> str:
    """Ends the tests' output with their exit code, as `record_test_exit_code` does:
    the script's own is that of what it does afterwards."""
    lines = [line for line in script.strip().split("\n") if line not in _HEAD]
    for place, line in enumerate(lines):
        if grading.END in line:
            told = f'echo "{grading.EXIT_CODE}: ${_VARIABLE}"'
            lines[place : place + 1] = [f"{_VARIABLE}=$?", line, told]
            break
    return "\n".join([*_HEAD, *lines]) + "\n"
