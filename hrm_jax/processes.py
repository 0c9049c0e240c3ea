"""This process among the others of its job, and the devices that they have."""

from __future__ import annotations

import atexit
import contextlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jax

from data_pipeline.schema import UserError

FLAGS = {
    "coordinator": "JAX_COORDINATOR_ADDRESS",
    "num_processes": "JAX_NUM_PROCESSES",
    "process_id": "JAX_PROCESS_ID",
}
"""Flags that tell a process of the others, and the variables that do the same."""

_TASKS = ("JAX_NUM_PROCESSES", "SLURM_STEP_NUM_TASKS", "OMPI_COMM_WORLD_SIZE")
_RANKS = ("JAX_PROCESS_ID", "OMPI_COMM_WORLD_RANK")
_TPU_WORKERS = ("TPU_WORKER_HOSTNAMES", "TPU_PROCESS_ADDRESSES")
_PATIENCE = 60
"""Seconds after which a process that says nothing, or does not end, counts as dead."""


def join(flags: Mapping[str, str | None]) -> None:
    """Starts JAX's distributed runtime where the job has several processes.

    They are told by the flags, or the variables, of `FLAGS`; or by what JAX looks up
    itself: srun, mpirun (of Open MPI 4; that of 5 does not tell the coordinator), the
    workers of a TPU slice, a job of Kubernetes (if the package `kubernetes` is there).
    Only the first process speaks.

    Raises:
      UserError: what is told is incomplete, or the others cannot be reached.
    """
    for flag, variable in FLAGS.items():
        if (value := flags[flag]) is not None:
            os.environ[variable] = value
    if not _among_others():
        return
    ranks = (_number(name) for name in _RANKS)
    try:
        jax.distributed.initialize(
            num_processes=_tasks() if _tasks() > 1 else None,
            process_id=next((rank for rank in ranks if rank is not None), None),
            heartbeat_timeout_seconds=_PATIENCE,
            shutdown_timeout_seconds=_PATIENCE,
        )
    except (ValueError, RuntimeError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise UserError(
            f"The processes of this job cannot find each other ({reason}): give each "
            "--coordinator=HOST:PORT of the first, --num_processes and --process_id."
        ) from error
    _leave_word()
    if jax.process_index() > 0:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")


def require_one(command: str) -> None:
    """Refuses a job of several processes, which would all do and write the same.

    Raises:
      UserError: this is one of them.
    """
    if _tasks() > 1:
        raise UserError(
            f"`{command}` is the work of one process, but this job has {_tasks()}: "
            f"start it once, without srun, mpirun and {_TASKS[0]}."
        )


@contextlib.contextmanager
def exit_together() -> Iterator[None]:
    """Guards work that all processes do together: if one dies, this one exits at once
    instead of waiting for it.

    When one of them dies, the others learn of it from a collective operation that
    fails, or else from JAX, which aborts them, after `_PATIENCE` at the latest. They
    leave at once: to tidy up, or to part in peace, they would wait for who is dead.
    """
    try:
        yield
    except (jax.errors.JaxRuntimeError, UserError) as error:
        # A checkpoint that could not be written may be none for this reason.
        source = error.__cause__ if isinstance(error, UserError) else error
        if not isinstance(source, jax.errors.JaxRuntimeError):
            raise
        if jax.process_count() == 1 or is_out_of_memory(source):
            raise
        sys.stdout.flush()
        os.write(2, f"{str(source).splitlines()[0][:300]}\n".encode())
        os._exit(os.EX_TEMPFAIL)


def _leave_word() -> None:
    """Starts a shell that prints what to do if this process is killed.

    JAX aborts, and the kernel kills, without asking Python. A shell sees the end of the
    pipe and says what there is to do; at an orderly end it is told to be silent.
    """
    words = (
        f"Process {jax.process_index()} of {jax.process_count()} has ended, since it "
        "or another one died or could not be reached: start all of them again, and "
        "they go on from the last checkpoint."
    )
    shell = subprocess.Popen(
        ["sh", "-c", 'read silence || echo "$0" >&2', words],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # or it would end at Ctrl-C
    )
    _last_words.append(shell)


_last_words: list[subprocess.Popen] = []


@atexit.register
def _part() -> None:
    """Waits for the others to part too; where that fails, the words are said."""
    for shell in _last_words:
        try:
            jax.distributed.shutdown()
        except jax.errors.JaxRuntimeError:
            return
        shell.communicate(b"\n")


def _among_others() -> bool:
    """Does anything here speak of several processes?"""
    environment = os.environ
    listed = any("," in environment.get(name, "") for name in _TPU_WORKERS)
    slices = (_number("MEGASCALE_NUM_SLICES") or 1) > 1
    # Set by JAX itself where it finds a TPU, and what its metadata would say is asked.
    tpu = "TPU_ML_PLATFORM" in environment and "TPU_SKIP_MDS_QUERY" not in environment
    tpu &= environment.get("JAX_PLATFORMS", "tpu") == "tpu"
    pod = {"KUBERNETES_SERVICE_HOST", "JOB_COMPLETION_INDEX"} <= environment.keys()
    pod = pod and importlib.util.find_spec("kubernetes") is not None
    told = FLAGS["coordinator"] in environment or _tasks() > 1
    return told or listed or slices or tpu or pod


def _tasks() -> int:
    return max(_number(name) or 1 for name in _TASKS)


def _number(variable: str) -> int | None:
    text = os.environ.get(variable)
    try:
        return None if text is None else int(text)
    except ValueError as error:
        raise UserError(f"{variable} is {text!r}, but it must be a number.") from error


def devices() -> Sequence[Any]:
    """All that this job computes on.

    Raises:
      UserError: JAX finds no device of the kind that it was told to use.
    """
    try:
        return jax.devices()
    except RuntimeError as error:
        raise UserError(f"{str(error).splitlines()[0].rstrip('.')}.") from error
    except AssertionError as error:  # all that JAX says where a plugin is missing
        raise UserError(
            f"JAX finds no device for JAX_PLATFORMS={os.environ.get('JAX_PLATFORMS')}: "
            "install what it needs (requirements-cuda.txt, requirements-tpu.txt), or "
            "leave the variable out."
        ) from error


def describe_devices() -> str:
    """What this job computes on, for people.

    Raises:
      UserError: see `devices`.
    """
    found = devices()
    count, kind = len(found), found[0].device_kind
    if found[0].platform == "cpu":
        kind = f"CPU ({os.cpu_count()} cores)"
    name = f"{count} x {kind}" if count > 1 else kind
    processes = jax.process_count()
    return name + (f" in {processes} processes" if processes > 1 else "")


@contextlib.contextmanager
def explain_out_of_memory() -> Iterator[None]:
    """Turns running out of device or host memory into a UserError.

    Raises:
      UserError: it has happened.
    """
    try:
        yield
    except (MemoryError, jax.errors.JaxRuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        reason = (str(error).strip() or "MemoryError").splitlines()[0][:200].rstrip(".")
        raise UserError(
            f"The memory does not suffice ({reason}): training needs less with "
            "remat=block, more microbatches, smaller slots, model.dtype=bfloat16 or a "
            "larger train.fsdp, and answers need less with a smaller "
            "evaluation.batch_size."
        ) from error


def is_out_of_memory(error: BaseException | None) -> bool:
    """Is there no mistake but too little memory?"""
    return isinstance(error, MemoryError) or (
        isinstance(error, jax.errors.JaxRuntimeError)
        and "RESOURCE_EXHAUSTED" in str(error)
    )
