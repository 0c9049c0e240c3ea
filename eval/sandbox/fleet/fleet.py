"""A sandbox whose programs run on the machines of a fleet."""

from __future__ import annotations

import collections
import dataclasses
import pathlib
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from data_pipeline.user_error import UserError
from eval.sandbox import tiers
from eval.sandbox.fleet import config, messages, parcel
from eval.sandbox.fleet.machine import Found, Machine, MachineLost
from eval.sandbox.languages import LANGUAGES
from eval.sandbox.limits import COMPILING, RUNNING, Limits
from eval.sandbox.outcome import Outcome
from eval.sandbox.program import Command, Program
from eval.sandbox.sandbox import Cancelled, Sandbox, SandboxError
from eval.sandbox.toolchains import NoToolchain, Toolchain

_STEP_SECONDS = 0.05


class Fleet(Sandbox):
    """Gives each request to a machine that is free, and waits until there is one.

    A machine that gives no answer is started anew, or left out if that fails. All have
    the same toolchains, so that it does not matter which one runs what.

    Args:
      machines: started already.
      found: on each of them.
      wanted: see `Machine.start`.
      folder: with the agent, removed at the end.
    """

    def __init__(
        self,
        machines: Sequence[Machine],
        found: Sequence[Found],
        wanted: dict[str, Any],
        folder: tempfile.TemporaryDirectory,
    ):
        super().__init__(_title(machines, found), len(machines))
        self._wanted, self._folder = wanted, folder
        self._found = dict(zip(machines, found, strict=True))
        self._one = found[0]
        self._paths: dict[str, bool] = {}
        self._changed = threading.Condition()
        self._idle = collections.deque(machines)
        self._busy: set[Machine] = set()
        self._closed, self._last_words = False, ""

    def cancel(self) -> None:
        with self._changed:
            busy = list(self._busy)
        for machine in busy:
            machine.cancel()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        with self._changed:  # whoever waits for an answer gives the machine back
            while not self._changed.wait_for(lambda: not self._busy, _STEP_SECONDS):
                for machine in self._busy:
                    machine.cancel()
            machines = list(self._idle)
            self._idle.clear()
        _all_stopped(machines)
        self._folder.cleanup()

    def toolchain(self, language: str) -> Toolchain:
        if language not in LANGUAGES:
            raise UserError(
                f"There is no language {language!r}: take {', '.join(LANGUAGES)}."
            )
        if language in self._one.missing:
            raise NoToolchain(f"In the fleet: {self._one.missing[language]}")
        return self._one.toolchains[language]

    def has(self, path: str) -> bool:
        if path not in self._paths:
            self._paths[path] = self._ask("has", 0, path=path)["has"]
        return self._paths[path]

    def run(
        self,
        program: Program,
        stdin: bytes = b"",
        limits: Limits = RUNNING,
        compiling: Limits = COMPILING,
    ) -> Outcome:
        answer = self._ask(
            "run",
            limits.wall_seconds + self._compiling_seconds(program, compiling),
            program=messages.of_files(program),
            stdin=messages.text(stdin),
            limits=dataclasses.asdict(limits),
            compiling=dataclasses.asdict(compiling),
        )
        return messages.outcome(answer["outcomes"][0])

    def converse(
        self,
        asking: Program,
        answering: Program,
        limits: Limits = RUNNING,
        answering_limits: Limits = RUNNING,
        compiling: Limits = COMPILING,
    ) -> tuple[Outcome, Outcome]:
        answer = self._ask(
            "converse",
            max(limits.wall_seconds, answering_limits.wall_seconds)
            + self._compiling_seconds(asking, compiling)
            + self._compiling_seconds(answering, compiling),
            asking=messages.of_files(asking),
            answering=messages.of_files(answering),
            limits=dataclasses.asdict(limits),
            answering_limits=dataclasses.asdict(answering_limits),
            compiling=dataclasses.asdict(compiling),
        )
        first, second = answer["outcomes"]
        return messages.outcome(first), messages.outcome(second)

    def execute(
        self,
        command: Command,
        stdin: bytes = b"",
        limits: Limits = RUNNING,
        copies: Sequence[tuple[str, str]] = (),
    ) -> Outcome:
        answer = self._ask(
            "execute",
            limits.wall_seconds,
            command=messages.of_files(command),
            stdin=messages.text(stdin),
            limits=dataclasses.asdict(limits),
            copies=[
                (path, messages.text(pathlib.Path(source).read_bytes()))
                for path, source in copies
            ],
        )
        return messages.outcome(answer["outcomes"][0])

    def _compiling_seconds(self, program: Program, compiling: Limits) -> float:
        self.toolchain(program.language)
        compiled = LANGUAGES[program.language].compile is not None
        return compiling.wall_seconds if compiled else 0

    def _ask(self, do: str, seconds: float, **fields: Any) -> dict[str, Any]:
        machine = self._take()
        known = self._found[machine]
        toolchains = {name: vars(found) for name, found in known.toolchains.items()}
        request = {"do": do, "tier": known.tier, "toolchains": toolchains, **fields}
        try:
            answer = machine.ask(request, seconds)
        except MachineLost as error:
            if machine.cancelled:
                raise Cancelled("The program was ended with the sandbox.") from error
            self._start_anew(machine, str(error))
            raise SandboxError(f"The program was lost: {error}") from error
        finally:
            self._give(machine)
        if "failure" in answer:
            raise SandboxError(answer["failure"])
        if "mistake" in answer:
            raise UserError(f"{machine.name}: {answer['mistake']}")
        return answer

    def _take(self) -> Machine:
        with self._changed:
            self._changed.wait_for(
                lambda: self._closed or self._idle or not self._found
            )
            if self._closed:
                raise Cancelled("The sandbox was closed.")
            if not self._found:
                raise SandboxError(
                    f"No machine of the fleet is left: {self._last_words}"
                )
            machine = self._idle.popleft()
            self._busy.add(machine)
            return machine

    def _give(self, machine: Machine) -> None:
        with self._changed:
            self._busy.discard(machine)
            if machine in self._found:
                self._idle.append(machine)
            self._changed.notify_all()

    def _start_anew(self, machine: Machine, why: str) -> None:
        """Starts a machine again, as it was; else the fleet goes on without it."""
        machine.stop()
        try:
            if not self._closed and machine.start(self._wanted) == self._found[machine]:
                return
            why = f"{machine.name} came back with other toolchains."
        except MachineLost as error:
            if machine.cancelled and not self._closed:
                return  # whoever asks it next starts it
            why = f"{why} {error}"
        machine.stop()
        with self._changed:
            del self._found[machine]
            self._last_words = why


def open_fleet(
    path: pathlib.Path,
    weakest: tiers.Tier,
    only: tiers.Tier | None,
    allow_unsafe_execution: bool,
) -> Fleet:
    """Starts all machines that a file names.

    Raises:
      UserError: the file is malformed, a machine cannot be reached or lacks what is
        asked for, or the machines differ.
    """
    configs = config.read(path, allow_unsafe_execution=allow_unsafe_execution)
    wanted = {
        "weakest": weakest,
        "only": only,
        "allow_unsafe_execution": allow_unsafe_execution,
    }
    folder = tempfile.TemporaryDirectory(prefix="hrm-agent-")
    parcel.pack(pathlib.Path(folder.name))
    machines = [Machine(one, pathlib.Path(folder.name)) for one in configs]
    try:
        with ThreadPoolExecutor(len(machines)) as starting:
            try:
                found = list(starting.map(lambda one: one.start(wanted), machines))
            except KeyboardInterrupt:
                for machine in machines:
                    machine.cancel()
                raise
        _check_alike(machines, found)
    except BaseException as error:
        _all_stopped(machines)
        folder.cleanup()
        if isinstance(error, MachineLost):
            raise UserError(str(error)) from error
        raise
    return Fleet(machines, found, wanted, folder)


def _all_stopped(machines: Sequence[Machine]) -> None:
    with ThreadPoolExecutor(max(1, len(machines))) as stopping:
        list(stopping.map(Machine.stop, machines))


def _check_alike(machines: Sequence[Machine], found: Sequence[Found]) -> None:
    for machine, one in zip(machines, found, strict=True):
        for language in LANGUAGES:
            first, other = (each.toolchains.get(language) for each in (found[0], one))
            if first != other:
                said = [t.version if t else "none" for t in (first, other)]
                raise UserError(
                    f"{machines[0].name} and {machine.name} differ in "
                    f"{LANGUAGES[language].title} ({said[0]} and {said[1]}, or its "
                    "place): take the same image for all machines of a fleet."
                )


def _title(machines: Sequence[Machine], found: Sequence[Found]) -> str:
    by_tier: dict[int, collections.Counter[str]] = {}
    for machine, one in zip(machines, found, strict=True):
        by_tier.setdefault(one.tier, collections.Counter())[machine.name] += 1
    told = []
    for tier, names in sorted(by_tier.items()):
        who = [f"{n} x {name}" if n > 1 else name for name, n in names.items()]
        told.append(f"{', '.join(who)}, inside {tiers.Tier(tier).title}")
    return f"tier 4: swe-rex {'; '.join(told)}"
