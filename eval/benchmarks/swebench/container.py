"""Runs the tests of an instance in its own container, through swe-rex.

What is done there is what `run_instance` of the authors' harness does (swebench 5.0.2):
a fresh container of the instance's image, the patch by their chain of commands, the
script of the tests, its output as the log. The tests and the patch are strangers'
programs. They run in that container alone, and how well it holds them is the matter of
the deployment. As with the authors, they run beside what reports on them: a patch made
for it can write a log that lies. It can take the place of swe-rex's server too, and
answer with more than this machine can hold.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import pathlib
import shutil
import subprocess
import time
from collections.abc import Sequence

from swerex.deployment.abstract import AbstractDeployment
from swerex.runtime.abstract import (
    AbstractRuntime,
    Command,
    CommandResponse,
    ReadFileRequest,
    WriteFileRequest,
)

from data_pipeline.schema import UserError
from eval.atomic import replacing
from eval.benchmarks.swebench import grading, records
from eval.benchmarks.swebench.spec import Spec
from eval.sandbox.fleet import config
from eval.sandbox.fleet.config import MachineConfig
from eval.sandbox.sandbox import SandboxError

_LOGGER = logging.getLogger(__name__)
_PATCH, _SCRIPT = "/tmp/patch.diff", "/eval.sh"
_LOG, _CODE = "/tmp/test_output.txt", "/tmp/test_exit_code"
_CHAIN = (
    "git apply --verbose",
    "git apply --verbose --3way",
    "git apply --verbose --reject",
    "patch --batch --forward --fuzz=5 -p1 -i",
)
_PREPARE = f"""\
[ ! -e {_PATCH} ] || exit 96
cd /testbed || exit 97
command -v git || exit 98
git -c safe.directory=/testbed cat-file -e "$1^{{commit}}" || exit 99
"""
_WRONG = {
    96: "has been used before: each patch needs a fresh one",
    97: "has no folder /testbed",
    98: "has no git",
    99: "has another repository: the instance's commit is not there",
}
# What a command of the chain has left must not be in the way of the next. All of them
# may fail with the patch applied: the last line asks.
_APPLY = f"""\
cd /testbed
tried=
for command in {" ".join(f"'{command}'" for command in _CHAIN)}; do
  [ -z "$tried" ] || (git checkout -- . ; git clean -fd) >/dev/null 2>&1
  tried=1
  $command {_PATCH} && exit 0
done
git apply --check --reverse {_PATCH}
"""
_LONGEST_LOG_KIB = 64 * 1024
"""A longer one is stopped, and has no end that could be graded."""
# In the background, as connections do not last as long as tests do. What the tests have
# left running may hold the pipe to `cat` open: it is waited for, but not for long.
_RUN = f"""\
[ ! -e {_LOG} ] || exit 0
cd /
(
  timeout -k 10 $1 /bin/bash {_SCRIPT} \
    > >(ulimit -f {_LONGEST_LOG_KIB}; exec cat > {_LOG}) 2>&1
  code=$?
  for n in $(seq 50); do kill -0 $! || break; sleep 0.1; done
  echo $code > {_CODE}.part
  mv {_CODE}.part {_CODE}
) < /dev/null > /dev/null 2>&1 &
"""
_OUT_OF_TIME = "124", "137"
"""Exit codes of `timeout`."""
_SHORT_SECONDS = 120
"""For a command that is not the tests."""
_SLOWEST_LOOK_SECONDS = 5
_ALIVE_SECONDS = 10
_STOPPING_SECONDS = 15
_LONGEST_REASON = 300


class _Unfit(Exception):
    """Its message goes on after "the container"."""


def machines(path: pathlib.Path) -> list[MachineConfig]:
    """Where containers are started, from the file of a fleet: one for each that may run
    at a time. Those that have an image get each instance's own instead; a `remote` one
    must be the container of an instance already, and serves one patch.

    Raises:
      UserError: the file is malformed, or what it needs is not installed.
    """
    found = config.read(path, allow_unsafe_execution=True)
    for one in found:
        if one.deployment.type == "local":
            raise UserError(
                f'{path}: "local" is no container, and tests of strangers do not run '
                "without one: take docker, modal, fargate, daytona or remote."
            )
        engine = getattr(one.deployment, "container_runtime", None)
        if engine and shutil.which(engine) is None:
            raise UserError(f"{engine} is not installed: apt-get install {engine}.")
    return found


def deployment(machine: MachineConfig, image: str) -> AbstractDeployment:
    """A container of an image, which is not yet started.

    It must outlive the event loop that it is used in: swe-rex stops it once more when
    it is forgotten, and a loop that runs would tell of that.
    """
    fields = {"image": image} if hasattr(machine.deployment, "image") else {}
    return machine.deployment.model_copy(update=fields).get_deployment()


async def record(
    spec: Spec,
    patch: str,
    base: str,
    machine: MachineConfig,
    deployment: AbstractDeployment,
    seconds: int,
    folder: pathlib.Path,
) -> None:
    """Runs the tests after a patch and keeps the log as the authors' harness does.

    A container that answers no more once the tests have begun is out of time: they
    could have brought that about.

    Args:
      base: the commit that the repository is at.
      machine: where the container is.
      deployment: on that machine, of the image; it is started and stopped here.
      seconds: that the tests may take.
      folder: that is made, for `records.Record`.

    Raises:
      SandboxError: the tests did not begin, through no fault of the patch.
    """
    texts = {records.PATCH: patch, records.SCRIPT: spec.script}
    try:
        try:
            await deployment.start()
            if not await deployment.runtime.is_alive(timeout=_ALIVE_SECONDS):
                raise ConnectionError("no server of swe-rex that takes the token")
            said, applied = await _apply(deployment.runtime, spec, patch, base)
        except _Unfit as error:
            raise SandboxError(f"The container of {spec.image} {error}.") from None
        except Exception as error:  # each kind of deployment has its own
            told = _told(error, machine.secrets)
            raise SandboxError(f"No container of {spec.image}: {told}") from None
        texts[records.RUN] = said if applied else f"{grading.NOT_APPLIED}:\n{said}"
        if applied:
            began = time.monotonic()
            texts[records.LOG] = await _log(deployment.runtime, seconds)
            took = records.RUNTIME.format(time.monotonic() - began)
            texts[records.RUN] += f"\n{took}\n"
    finally:
        await _stop(deployment, machine)
    with replacing(folder) as whole:
        whole.mkdir()
        for name, text in texts.items():
            (whole / name).write_bytes(text.encode(errors="replace"))


async def _apply(
    runtime: AbstractRuntime, spec: Spec, patch: str, base: str
) -> tuple[str, bool]:
    """What applying a patch said, and whether it was.

    Raises:
      _Unfit: the container is not of the instance, or not as its image is.
    """
    ready = await _execute(runtime, _PREPARE, base)
    if ready.exit_code in _WRONG:
        raise _Unfit(_WRONG[ready.exit_code])
    for path, text in ((_PATCH, patch), (_SCRIPT, spec.script)):
        await runtime.write_file(WriteFileRequest(path=path, content=text))
    tried = await _execute(runtime, _APPLY)
    return tried.stdout + tried.stderr, tried.exit_code == 0


async def _log(runtime: AbstractRuntime, seconds: int) -> str:
    """What the script writes, with what the authors add when it is out of time."""
    wanted = ReadFileRequest(path=_LOG, encoding="utf-8", errors="replace")
    until = time.monotonic() + seconds + _SHORT_SECONDS
    pause, begun = 0.1, False
    while True:
        late = time.monotonic() > until
        try:
            if not begun:
                await _execute(runtime, _RUN, str(seconds))
                begun = True
            looked = await _execute(runtime, f"[ -f {_LOG} ] && cat {_CODE}")
            if looked.exit_code == 0:
                log = (await runtime.read_file(wanted)).content
                code = looked.stdout.strip()
                return log + _late(seconds) if code in _OUT_OF_TIME else log
        except Exception as error:  # it does not answer, as yet
            _LOGGER.info("A container does not answer: %s", error)
        if late:
            return _late(seconds)
        await asyncio.sleep(pause)
        pause = min(2 * pause, _SLOWEST_LOOK_SECONDS)


def _late(seconds: int) -> str:
    return f"\n\nTimeout error: {seconds} seconds exceeded."


async def _stop(deployment: AbstractDeployment, machine: MachineConfig) -> None:
    """Ends a container, whether its server answers or not."""
    container = getattr(deployment, "container_name", None)
    with contextlib.suppress(Exception):
        await asyncio.wait_for(deployment.stop(), _STOPPING_SECONDS)
    if container and getattr(deployment, "container_name", None):
        engine = machine.deployment.container_runtime
        subprocess.run([engine, "kill", container], capture_output=True)


def _told(error: Exception, secrets: Sequence[str]) -> str:
    """What an error says, on one line and without secrets."""
    told = " ".join(str(error).split()) or type(error).__name__
    for secret in secrets:
        told = told.replace(secret, "...")
    return told[:_LONGEST_REASON]


async def _execute(
    runtime: AbstractRuntime, script: str, *arguments: str
) -> CommandResponse:
    """Runs a script, which fails if it is not done in time: a patch must not be able to
    make it an error of the connection."""
    limit = ("timeout", "-k", "5", str(_SHORT_SECONDS))
    words = [*limit, "/bin/bash", "-c", script, "bash", *arguments]
    latest = _SHORT_SECONDS + _ALIVE_SECONDS
    command = Command(command=words, timeout=latest)
    return await asyncio.wait_for(runtime.execute(command), latest + _ALIVE_SECONDS)
