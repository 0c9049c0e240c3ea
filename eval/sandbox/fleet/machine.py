"""One machine of a fleet, with the agent on it."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import logging
import pathlib
import secrets
import shutil
import subprocess
import threading
import time
from collections.abc import Coroutine
from typing import IO, Any, TypeVar

from swerex.deployment.abstract import AbstractDeployment
from swerex.runtime.abstract import (
    Command,
    CommandResponse,
    UploadRequest,
    WriteFileRequest,
)

from eval.sandbox.fleet import LOG_LEVEL
from eval.sandbox.fleet.config import MachineConfig
from eval.sandbox.toolchains import Toolchain

_Result = TypeVar("_Result")
_GRACE_SECONDS = 60  # for starting processes, sending files and compiling nothing
_LOOKING_SECONDS = 120
_PATIENCE_SECONDS = 240
"""Of a request: swe-rex waits for 300, and connections may not last as long."""
_ALIVE_SECONDS = 10
_STOPPING_SECONDS = 10
_HURRIED_SECONDS = 1
_CHUNK, _SHOWN = 2**16, 200
_NOT_YET = 75
_BEGIN = "($0 $1 >$1.out 2>$1.err; echo $? >$1.code) </dev/null >/dev/null 2>&1 &"
_END = f"""\
tries=$2
until [ -s $1.code ]; do
  [ $tries -gt 0 ] || exit {_NOT_YET}
  tries=$((tries - 1))
  sleep 0.05
done
cat $1.out
cat $1.err >&2
code=$(cat $1.code)
rm -f $1.*
exit $code
"""
_NEEDS = "it needs Python 3.11 or newer as python3"


class MachineLost(Exception):
    """There is no answer; the message names the machine and says why."""


@dataclasses.dataclass(frozen=True)
class Found:
    """What the agent found on a machine.

    Attributes:
      tier: a number of `tiers.Tier`, of the strongest that holds there.
      toolchains: by language.
      missing: why there is none of a language, by language.
    """

    tier: int
    toolchains: dict[str, Toolchain]
    missing: dict[str, str]


class Machine:
    """A deployment of swe-rex; does one thing at a time, but for `cancel`.

    Each call has an event loop of its own, in the thread that calls: swe-rex blocks the
    loop while it starts a container.

    Args:
      parcel: the folder that `parcel.pack` filled.

    Attributes:
      name: for people.
      cancelled: the last request was ended by `cancel`.
    """

    def __init__(self, config: MachineConfig, parcel: pathlib.Path):
        self.name, self._config, self._parcel = config.name, config, parcel
        self.cancelled = False
        self._folder, self._python = "", "python3"
        self._deployment: AbstractDeployment | None = None
        self._busy = False  # as far as is known, with a request that nobody waits for
        self._lock = threading.Lock()
        self._under_way: tuple[asyncio.AbstractEventLoop, asyncio.Task] | None = None

    def start(self, wanted: dict[str, Any]) -> Found:
        """Starts the machine if need be, and has the agent look around there.

        Args:
          wanted: how strong the sandbox on it must be; see `tiers.open_sandbox`.

        Raises:
          MachineLost: it does not start, or has nothing as strong.
        """
        engine = getattr(self._config.deployment, "container_runtime", None)
        if engine and shutil.which(engine) is None:
            raise MachineLost(f"{engine} is not installed: apt-get install {engine}.")
        self.cancelled = False
        self._folder, self._python = "", "python3"
        try:
            self._wait(self._started())
        except (Exception, asyncio.CancelledError) as error:
            raise MachineLost(self._told("does not start", error)) from None
        answer = self.ask({"do": "look", **wanted}, _LOOKING_SECONDS)
        if said := answer.get("mistake") or answer.get("failure"):
            raise MachineLost(f"{self.name}: {said}")
        self._python = answer["python"]  # itself, not what looks for it each time
        toolchains = {
            language: Toolchain(**found)
            for language, found in answer["toolchains"].items()
        }
        return Found(answer["tier"], toolchains, answer["missing"])

    def ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        """The agent's answer.

        Args:
          seconds: that the programs may take, on top of which come `_GRACE_SECONDS`.

        Raises:
          MachineLost: there is none; where `cancelled`, since nobody wanted it.
        """
        self.cancelled, self._busy = False, True
        seconds += _GRACE_SECONDS
        try:
            done = self._wait(self._asked({**request, "seconds": seconds}, seconds))
        except (Exception, asyncio.CancelledError) as error:
            raise MachineLost(self._told("gives no answer", error)) from None
        self._busy = False
        try:
            if done.exit_code == 0:
                return json.loads(done.stdout)
        except ValueError:
            pass
        said = (done.stderr.strip().splitlines() or [f"exit code {done.exit_code}"])[-1]
        hint = f": {_NEEDS}" if request["do"] == "look" else ""
        raise MachineLost(f"{self.name} does not run the agent ({said}){hint}.")

    def cancel(self) -> None:
        """Ends the wait for what is under way, from another thread.

        A container ends with `stop`; a program on a machine that is not ours goes on
        there until its own limits end it, and the next request may wait for that.
        """
        with self._lock:
            self.cancelled = True
            if self._under_way is not None:
                loop, task = self._under_way
                loop.call_soon_threadsafe(task.cancel)

    def stop(self) -> None:
        """Removes the agent and ends the container; again is nothing."""
        deployment, self._deployment = self._deployment, None
        if deployment is None:
            return
        container = getattr(deployment, "container_name", None)
        # A server that is gone or busy must hold nobody up.
        seconds = _HURRIED_SECONDS if self._busy else _STOPPING_SECONDS
        removal = Command(command=["rm", "-rf", self._folder])
        self.cancelled = False
        with contextlib.suppress(Exception, asyncio.CancelledError):
            if self._folder and not container:
                self._wait(_within(seconds, deployment.runtime.execute(removal)))
        with contextlib.suppress(Exception, asyncio.CancelledError):
            self._wait(_within(seconds, deployment.stop()))
        deployment.stop = lambda: None  # type: ignore  # its destructor would try again
        if container and getattr(deployment, "container_name", None):
            # Its server does not answer, and so swe-rex has not come to ending it.
            engine = self._config.deployment.container_runtime
            subprocess.run([engine, "kill", container], capture_output=True)
            if (process := _engine_of(deployment)) is not None:
                process.kill()
                process.wait()

    async def _started(self) -> None:
        deployment = self._config.deployment.get_deployment()
        self._deployment = deployment
        _hush(deployment.logger)
        await deployment.start()
        _hush(deployment.runtime.logger)
        _drain(deployment)
        if not await deployment.runtime.is_alive(timeout=_ALIVE_SECONDS):
            raise ConnectionError("no server of swe-rex that takes the token answers")
        made = Command(command="mktemp -d", shell=True)
        folder = (await deployment.runtime.execute(made)).stdout.strip()
        if not folder.startswith("/"):
            raise ConnectionError("it has no temporary folder")
        self._folder, target = folder, f"{folder}/agent"
        await deployment.runtime.upload(
            UploadRequest(source_path=str(self._parcel), target_path=target)
        )

    async def _asked(self, request: dict[str, Any], seconds: float) -> CommandResponse:
        if self._deployment is None:
            raise ConnectionError("it was stopped")
        runtime = self._deployment.runtime
        path = f"{self._folder}/{secrets.token_hex(8)}.json"
        await runtime.write_file(
            WriteFileRequest(content=json.dumps(request), path=path)
        )
        agent = f"{self._python} -I -S {self._folder}/agent"

        def shell(script: str, *words: str) -> Command:
            # swe-rex would print something if there were no python3.
            command = ["/bin/sh", "-c", script, agent, path, *words]
            return Command(command=command, timeout=_PATIENCE_SECONDS, cwd="/")

        if seconds < _PATIENCE_SECONDS:
            return await runtime.execute(shell("exec $0 $1"))
        await runtime.execute(shell(_BEGIN))
        deadline = time.monotonic() + seconds + _GRACE_SECONDS
        while time.monotonic() < deadline:
            tries = str(int(_PATIENCE_SECONDS / 4 / 0.05))
            done = await runtime.execute(shell(_END, tries))
            if done.exit_code != _NOT_YET:
                return done
        raise TimeoutError("its time is over")

    def _wait(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        async def told() -> _Result:
            task = asyncio.current_task()
            assert task is not None
            with self._lock:
                if self.cancelled:
                    work.close()
                    raise asyncio.CancelledError
                self._under_way = asyncio.get_running_loop(), task
            try:
                return await work
            finally:
                with self._lock:
                    self._under_way = None

        return asyncio.run(told())

    def _told(self, what: str, error: BaseException) -> str:
        said = " ".join(str(error).split()) or type(error).__name__
        if isinstance(error, ImportError):
            kind = getattr(self._config.deployment, "type", "daytona")
            said = f"{said}: pip install 'swe-rex[{kind}]'"
        for secret in self._config.secrets:
            said = said.replace(secret, "...")
        if len(said) > 2 * _SHOWN:
            said = f"{said[:_SHOWN]} ... {said[-_SHOWN:]}"
        return f"{self.name} {what} ({said})."


def _hush(logger: logging.Logger) -> None:
    """Where somebody else handles all logs, swe-rex does not look at its own level."""
    if LOG_LEVEL.isdecimal():
        logger.setLevel(int(LOG_LEVEL))


def _engine_of(deployment: AbstractDeployment) -> subprocess.Popen | None:
    """The process through which a container of this machine runs."""
    return getattr(deployment, "_container_process", None)


def _drain(deployment: AbstractDeployment) -> None:
    """Reads what a container prints, a line for each request: swe-rex never does, and
    once the pipe is full its server waits for ever."""

    def read(stream: IO[bytes]) -> None:
        with stream, contextlib.suppress(OSError):
            while stream.read(_CHUNK):
                pass

    process = _engine_of(deployment)
    for stream in (process.stdout, process.stderr) if process is not None else ():
        threading.Thread(target=read, args=[stream], daemon=True).start()


async def _within(seconds: float, work: Coroutine[Any, Any, Any]) -> None:
    await asyncio.wait_for(work, seconds)
