"""The remote end: a process on a machine of a fleet, for one request each.

Imports nothing but the standard library and modules that keep to it.
"""

from __future__ import annotations

import ctypes
import json
import math
import os
import pathlib
import signal
import sys
import tempfile
from collections.abc import Callable
from typing import Any

from data_pipeline.user_error import UserError
from eval.sandbox import tiers
from eval.sandbox.fleet import messages
from eval.sandbox.languages import LANGUAGES
from eval.sandbox.limits import Limits
from eval.sandbox.local import LocalSandbox
from eval.sandbox.sandbox import SandboxError
from eval.sandbox.tiers import Tier
from eval.sandbox.toolchains import NoToolchain, Toolchain

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Answers the request in the file that is its argument, on standard output."""
    path = pathlib.Path(sys.argv[1])
    request = json.loads(path.read_bytes())
    path.unlink()
    # It ends with the server, and when nobody waits any more; what it runs ends too.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    signal.alarm(math.ceil(request["seconds"]))
    try:
        answer = _DOES[request["do"]](request)
    except SandboxError as error:
        answer = {"failure": str(error)}
    except UserError as error:
        answer = {"mistake": str(error)}
    json.dump(answer, sys.stdout)


class _Sandbox(LocalSandbox):
    """A tier and toolchains that an agent has found before: looking takes a second."""

    def __init__(self, request: dict[str, Any]):
        tier = Tier(request["tier"])
        super().__init__(tiers.confinement(tier), tier.title, None)
        self._known = request["toolchains"]

    def toolchain(self, language: str) -> Toolchain:
        return Toolchain(**self._known[language])


def _look(request: dict[str, Any]) -> dict[str, Any]:
    """Opens the strongest tier, and tells what it has."""
    only = request["only"]
    with tiers.open_sandbox(
        Tier(request["weakest"]),
        only=None if only is None else Tier(only),
        allow_unsafe_execution=request["allow_unsafe_execution"],
    ) as sandbox:
        toolchains, missing = {}, {}
        for language in LANGUAGES:
            try:
                toolchains[language] = vars(sandbox.toolchain(language))
            except NoToolchain as error:
                missing[language] = str(error)
        tier = next(tier for tier in Tier if tier.title == sandbox.title)
    return {
        "python": sys.executable,
        "tier": tier,
        "toolchains": toolchains,
        "missing": missing,
    }


def _has(request: dict[str, Any]) -> dict[str, Any]:
    return {"has": os.path.exists(request["path"])}


def _run(request: dict[str, Any]) -> dict[str, Any]:
    with _Sandbox(request) as sandbox:
        outcome = sandbox.run(
            messages.program(request["program"]),
            messages.data(request["stdin"]),
            Limits(**request["limits"]),
            Limits(**request["compiling"]),
        )
    return {"outcomes": [messages.of_outcome(outcome)]}


def _converse(request: dict[str, Any]) -> dict[str, Any]:
    with _Sandbox(request) as sandbox:
        outcomes = sandbox.converse(
            messages.program(request["asking"]),
            messages.program(request["answering"]),
            Limits(**request["limits"]),
            Limits(**request["answering_limits"]),
            Limits(**request["compiling"]),
        )
    return {"outcomes": [messages.of_outcome(outcome) for outcome in outcomes]}


def _execute(request: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, _Sandbox(request) as sandbox:
        copies = []
        for number, (path, content) in enumerate(request["copies"]):
            place = pathlib.Path(folder, str(number))
            place.write_bytes(messages.data(content))
            copies.append((path, str(place)))
        outcome = sandbox.execute(
            messages.command(request["command"]),
            messages.data(request["stdin"]),
            Limits(**request["limits"]),
            copies,
        )
    return {"outcomes": [messages.of_outcome(outcome)]}


_DOES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "look": _look,
    "has": _has,
    "run": _run,
    "converse": _converse,
    "execute": _execute,
}
