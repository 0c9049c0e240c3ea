"""Running the tests of a repository, and asking its code for values."""

from __future__ import annotations

import json
import pathlib
import secrets
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from eval.sandbox.limits import RUNNING
from eval.sandbox.outcome import Outcome
from eval.sandbox.program import Command
from eval.sandbox.sandbox import Sandbox

_RUNNER = pathlib.Path(__file__).parent / "run_tests.py"
_FOLDER = "repository"


class Ran(NamedTuple):
    """Attributes:
    statuses: by test; None if the tests did not come to their end.
    output: of the tests.
    outcome: of the process.
    """

    statuses: dict[str, str] | None
    output: str
    outcome: Outcome


def run(files: Mapping[str, str], tests: Sequence[str], sandbox: Sandbox) -> Ran:
    """Runs test files of a repository.

    Args:
      files: contents by path, the tests among them.
      tests: paths of the test files to run.

    Raises:
      NoToolchain: the sandbox has no Python.
      SandboxError: they were not run, through no fault of the code.
    """
    word = secrets.token_hex(16)
    outcome = _execute(files, ["{box}/run_tests.py", *tests], word, sandbox)
    text = (outcome.stdout + b"\n" + outcome.stderr).decode(errors="replace")
    output, found, after = text.rpartition(f"\n{word} ")
    statuses = None
    if found and outcome.succeeded:
        line, _, rest = after.partition("\n")
        statuses = _statuses(line)
        output += rest
    return Ran(statuses, (output if found else text).replace(word, "").strip(), outcome)


def _statuses(line: str) -> dict[str, str] | None:
    """What the runner told; None if somebody else wrote the line."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    texts = isinstance(found, dict) and all(isinstance(v, str) for v in found.values())
    return found if texts else None


def values(
    files: Mapping[str, str], module: str, calls: Sequence[str], sandbox: Sandbox
) -> list[str] | None:
    """What calls give, as Python writes it, or the name of the exception after a `!`;
    None if the program did not come to its end.

    Args:
      module: whose names the calls use.

    Raises:
      NoToolchain: the sandbox has no Python.
      SandboxError: they were not run, through no fault of the code.
    """
    code = (
        "import importlib, json, sys\n"
        "sys.path.insert(0, '.')\n"
        "names = vars(importlib.import_module(sys.argv[1]))\n"
        "for call in json.loads(sys.argv[2]):\n"
        "    try:\n"
        "        told = repr(eval(call, dict(names)))\n"
        "    except Exception as error:\n"
        "        told = '!' + type(error).__name__\n"
        "    print(json.dumps(told))\n"
    )
    argv = ["-c", code, module, json.dumps(list(calls))]
    outcome = _execute(files, argv, "", sandbox)
    lines = outcome.stdout.decode(errors="replace").splitlines()
    if not outcome.succeeded or len(lines) != len(calls):
        return None
    return [json.loads(line) for line in lines]


def _execute(
    files: Mapping[str, str], argv: Sequence[str], stdin: str, sandbox: Sandbox
) -> Outcome:
    found = sandbox.toolchain("python")
    placed = {f"{_FOLDER}/{path}": text.encode() for path, text in files.items()}
    script = f'cd "$0/{_FOLDER}" && exec "$@"'
    command = Command(
        (
            *("/bin/sh", "-c", script, "{box}"),
            *(found.executables["python3"], "-s", "-B", *argv),
        ),
        {"run_tests.py": _RUNNER.read_bytes(), **placed},
        {"PYTHONHASHSEED": "0"},
        (found.folder,) if found.folder else (),
    )
    return sandbox.execute(command, stdin.encode(), RUNNING)
