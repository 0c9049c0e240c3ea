"""How the tests of an exercise are run, and how many of them there are."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable, Mapping

RUNNERS = pathlib.Path(__file__).parent / "runners"
FOLDER = ".run"
"""Where runners lie, beside the folder of the exercise."""

CANNOT_BUILD, DOES_NOT_COMPILE = 95, 97
"""Exit codes of scripts: the machine's fault, and the submission's."""


class NotRunnable(Exception):
    """An exercise that cannot be run on this machine; the message says why."""


@dataclasses.dataclass(frozen=True)
class Suite:
    """Attributes:
    script: for `/bin/sh`, in the folder of the exercise.
    expected: as many tests as must pass.
    passed: how many did, by the output and by what the last line of the runner holds.
    files: beside the exercise's own, or in their place; by path from the box.
    copies: files of this machine to be there, by path from the box.
    environment: of the script.
    readable: folders of this machine.
    has_word: the runner repeats the word of its input when the tests have ended.
    may_not_build: the script ends with `CANNOT_BUILD` where this machine is at fault; a
      submission cannot make it end so.
    """

    script: str
    expected: int
    passed: Callable[[str, Mapping[str, int]], int]
    files: Mapping[str, bytes] = dataclasses.field(default_factory=dict)
    copies: tuple[tuple[str, str], ...] = ()
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    readable: tuple[str, ...] = ()
    has_word: bool = True
    may_not_build: bool = False


def runners(*names: str) -> dict[str, bytes]:
    """Runners as files of a box."""
    return {f"{FOLDER}/{name}": (RUNNERS / name).read_bytes() for name in names}


def told(output: str, last: Mapping[str, int]) -> int:
    """How many tests passed, where the runner counts them."""
    return last.get("passed", 0)
