"""This process among the others of its job, and what the libraries say in it."""

from __future__ import annotations

import logging
import os
import sys
import warnings

import jax

from data_pipeline.schema import UserError

_TASKS = ("JAX_NUM_PROCESSES", "SLURM_STEP_NUM_TASKS", "OMPI_COMM_WORLD_SIZE")


def quieten() -> None:
    """Keeps what libraries tell their own developers from the reader; errors stay."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    logging.getLogger("absl").setLevel(logging.ERROR)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")


def join() -> None:
    """Starts JAX's distributed runtime where the job has several processes.

    They are told by JAX_COORDINATOR_ADDRESS, JAX_NUM_PROCESSES and JAX_PROCESS_ID, or by
    srun, mpirun or a TPU pod, which JAX understands itself. Only the first one speaks.

    Raises:
      UserError: the variables are incomplete, or the others cannot be reached.
    """
    tasks = max(int(os.environ.get(name, 1)) for name in _TASKS)
    pod = "," in os.environ.get("TPU_WORKER_HOSTNAMES", "")
    if tasks == 1 and not pod:
        return
    numbers = {
        argument: int(os.environ[name])
        for argument, name in (
            ("num_processes", "JAX_NUM_PROCESSES"),
            ("process_id", "JAX_PROCESS_ID"),
        )
        if name in os.environ
    }
    try:
        jax.distributed.initialize(**numbers)
    except (ValueError, RuntimeError) as error:
        raise UserError(
            f"The {tasks} processes of this job cannot find each other ({error}); set "
            "JAX_COORDINATOR_ADDRESS=host:port, JAX_NUM_PROCESSES and JAX_PROCESS_ID."
        ) from error
    if jax.process_index() > 0:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")


def describe_devices() -> str:
    """What this job computes on, for people.

    Raises:
      UserError: JAX finds no device of the kind it was told to use.
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
