"""This process among the others of its job, and the devices that they have."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

import jax

from data_pipeline.schema import UserError

_TASKS = ("JAX_NUM_PROCESSES", "SLURM_STEP_NUM_TASKS", "OMPI_COMM_WORLD_SIZE")


def join() -> None:
    """Starts JAX's distributed runtime where the job has several processes.

    They are told by JAX_COORDINATOR_ADDRESS, JAX_NUM_PROCESSES and JAX_PROCESS_ID, or
    by srun, mpirun or a TPU pod, which JAX understands itself. Only the first speaks.

    Raises:
      UserError: the variables are incomplete, or the others cannot be reached.
    """
    if _tasks() == 1 and "," not in os.environ.get("TPU_WORKER_HOSTNAMES", ""):
        return
    try:
        jax.distributed.initialize(
            num_processes=_number("JAX_NUM_PROCESSES"),
            process_id=_number("JAX_PROCESS_ID"),
        )
    except (ValueError, RuntimeError) as error:
        raise UserError(
            f"The processes of this job cannot find each other ({error}); set "
            "JAX_COORDINATOR_ADDRESS=host:port, JAX_NUM_PROCESSES and JAX_PROCESS_ID."
        ) from error
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


def _tasks() -> int:
    return max(_number(name) or 1 for name in _TASKS)


def _number(variable: str) -> int | None:
    text = os.environ.get(variable)
    try:
        return None if text is None else int(text)
    except ValueError as error:
        raise UserError(f"{variable} is {text!r}, but it must be a number.") from error


def describe_devices() -> str:
    """What this job computes on, for people.

    Raises:
      UserError: JAX finds no device of the kind that it was told to use.
    """
    try:
        devices = jax.devices()
    except RuntimeError as error:
        raise UserError(f"{str(error).splitlines()[0].rstrip('.')}.") from error
    count, kind = len(devices), devices[0].device_kind
    if devices[0].platform == "cpu":
        kind = f"CPU ({os.cpu_count()} cores)"
    name = f"{count} x {kind}" if count > 1 else kind
    processes = jax.process_count()
    return name + (f" in {processes} processes" if processes > 1 else "")


@contextlib.contextmanager
def memory_told() -> Iterator[None]:
    """Makes a mistake of running out of memory, the devices' or the host's.

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
            f"The memory does not suffice ({reason}): training needs less with smaller "
            "slots, model.dtype=bfloat16 or a larger train.fsdp, and answers need less "
            "with a smaller evaluation.batch_size."
        ) from error


def is_out_of_memory(error: Exception) -> bool:
    """Is there no mistake but too little memory?"""
    return isinstance(error, MemoryError) or (
        isinstance(error, jax.errors.JaxRuntimeError)
        and "RESOURCE_EXHAUSTED" in str(error)
    )
