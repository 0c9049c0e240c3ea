"""What runs the tests of patches, and leaves logs to be graded."""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from data_pipeline.progress import OnProgress
from data_pipeline.schema import UserError
from eval.benchmarks.problem import Problem
from eval.benchmarks.swebench import docker_harness, spec
from eval.benchmarks.swebench.instances import Prediction, write_predictions
from eval.sandbox import tiers
from eval.sandbox.sandbox import SandboxError
from eval.sandbox.tiers import Tier

_AT_ONCE = 4
"""Instances, as in the authors' harness."""


class Patch(NamedTuple):
    """Attributes:
    problem: whose tests are run.
    text: that is not empty.
    model: that made it.
    index: which of its samples.
    """

    problem: Problem
    text: str
    model: str
    index: int


class Harness(Protocol):
    """Attributes:
    title: for reports.
    """

    @property
    def title(self) -> str: ...

    def why_not(self, row: Mapping[str, Any]) -> str:
        """Why the tests of a row cannot be run; "" if they can."""
        ...

    def run(
        self,
        patches: Sequence[Patch],
        output: pathlib.Path,
        workers: int | None,
        progress: OnProgress,
    ) -> dict[tuple[str, str], str]:
        """Runs what has not been run before and keeps it as `records` reads it, in the
        folder `logs` of `output`.

        Args:
          workers: instances at once.
          progress: called with how many patches are done, and of how many.

        Returns:
          By instance and patch, why there is no log.

        Raises:
          UserError: nothing can be run.
        """
        ...


class Docker:
    """The authors' harness. See `Harness`.

    Raises:
      UserError: the package or Docker is not there.
    """

    title = "tests run by the authors' harness in Docker"

    def __init__(self, python: str, seconds: int):
        self._python, self._seconds = python, seconds
        self._version = docker_harness.version(python)

    def why_not(self, row: Mapping[str, Any]) -> str:
        """The package makes, or the row says, all that it takes."""
        return ""

    def run(
        self,
        patches: Sequence[Patch],
        output: pathlib.Path,
        workers: int | None,
        progress: OnProgress,
    ) -> dict[tuple[str, str], str]:
        """One run of the harness for the first samples, one for the second ..."""
        folder = output.resolve()
        docker_harness.check([patch.problem for patch in patches], self._version)
        done = 0
        for index in sorted({patch.index for patch in patches}):
            progress(done, len(patches))
            these = [patch for patch in patches if patch.index == index]
            rows = folder / f"instances-{index}.jsonl"
            docker_harness.write_instances(rows, [patch.problem for patch in these])
            texts = folder / f"patches-{index}.jsonl"
            write_predictions(
                texts,
                [Prediction(one.problem.id, one.model, one.text) for one in these],
            )
            line = docker_harness.command(
                self._python,
                instances=rows,
                predictions=texts,
                run=f"sample-{index}",
                workers=workers or _AT_ONCE,
                seconds=self._seconds,
            )
            docker_harness.run(line, folder)
            done += len(these)
        progress(done, len(patches))
        return {}


class Containers:
    """A container for each patch, through swe-rex. See `Harness`.

    Args:
      path: for `container.machines`: as many containers as it names run at a time.
      seconds: for the tests of an instance.

    Raises:
      UserError: swe-rex is not there, or the file is malformed.
    """

    title = "tests run in containers through swe-rex"

    def __init__(self, path: pathlib.Path, seconds: int):
        if missing := tiers.probe()[Tier.CONTAINERS]:
            raise UserError(missing)
        # Not before it is known that swe-rex is there.
        self._container = importlib.import_module("eval.benchmarks.swebench.container")
        self._machines = self._container.machines(path)
        self._seconds = seconds

    def why_not(self, row: Mapping[str, Any]) -> str:
        """What the row does not say."""
        try:
            spec.of(row)
        except spec.NoSpec as error:
            return str(error)
        return ""

    def run(
        self,
        patches: Sequence[Patch],
        output: pathlib.Path,
        workers: int | None,
        progress: OnProgress,
    ) -> dict[tuple[str, str], str]:
        """Each patch once, however often it was answered."""
        todo = {
            (patch.problem.id, patch.text): patch
            for patch in patches
            if not self.why_not(patch.problem.row)
        }
        used: list[Any] = []
        return asyncio.run(self._all(todo, output / "logs" / "swe-rex", progress, used))

    async def _all(
        self,
        todo: Mapping[tuple[str, str], Patch],
        folder: pathlib.Path,
        progress: OnProgress,
        used: list[Any],
    ) -> dict[tuple[str, str], str]:
        free: asyncio.Queue = asyncio.Queue()
        for machine in self._machines:
            free.put_nowait(machine)
        lost, done = {}, 0
        progress(0, len(todo))

        async def work(key: tuple[str, str], patch: Patch) -> None:
            nonlocal done
            digest = hashlib.sha256(patch.text.encode()).hexdigest()[:16]
            kept = folder / digest / patch.problem.id
            if not kept.exists():
                row = patch.problem.row
                wanted = spec.of(row)
                machine = await free.get()
                used.append(self._container.deployment(machine, wanted.image))
                try:
                    await self._container.record(
                        wanted,
                        patch.text,
                        base=row["base_commit"],
                        machine=machine,
                        deployment=used[-1],
                        seconds=self._seconds,
                        folder=kept,
                    )
                except SandboxError as error:
                    lost[key] = str(error)
                finally:
                    free.put_nowait(machine)
            done += 1
            progress(done, len(todo))

        await asyncio.gather(*(work(key, patch) for key, patch in todo.items()))
        return lost
