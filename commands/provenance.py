"""Where a result comes from: all that it takes to get it again."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from commands import commit, overrides
from commands.flags import CommandLine
from configs import Config, default
from data_pipeline.datasets import AnyTask
from data_pipeline.schema import Batch
from data_pipeline.task import LeftOut
from hrm_jax import processes, saved_config

_LIBRARIES = ("jax", "flax", "optax", "numpy")


class Evaluated(Protocol):
    """What an evaluation is of: a run, and its data."""

    @property
    def config(self) -> Config: ...

    @property
    def task(self) -> AnyTask: ...

    @property
    def sources(self) -> Mapping[str, str]: ...

    @property
    def left_out(self) -> Sequence[LeftOut]: ...


def provenance(
    line: CommandLine, trained: Evaluated, examples: Batch
) -> dict[str, Any]:
    """Config, commands, code, data and hardware of an evaluation, for its report.

    Args:
      examples: what was evaluated.
    """
    run: Config = saved_config.load(line.run)
    config = trained.config
    default_config: Config = default.get_config().copy_and_resolve_references()
    learn, evaluate = (
        ["python", "main.py", command, f"--workdir={line.run}"]
        for command in (saved_config.learner(run), "evaluate")
    )
    if line.flags.latest:
        evaluate.append("--latest")
    return {
        "config": config.to_dict(),
        "differs_from_default": saved_config.differences(config, default_config),
        "differs_from_training": saved_config.differences(config, run),
        "commands": [
            shlex.join(learn + overriding(run, default_config)),
            shlex.join(evaluate + overriding(config, run)),
        ],
        "commit": commit.commit(commit.HOME),
        "task": trained.task.name,
        "sources": dict(trained.sources),
        "left_out": [one._asdict() for one in trained.left_out],
        "examples_sha256": examples_sha256(examples),
        "device": processes.describe_devices(),
        "system": f"{platform.system()} {platform.machine()}",
        "versions": {"python": platform.python_version()}
        | {name: importlib.metadata.version(name) for name in _LIBRARIES},
    }


def overriding(config: Config, base: Config) -> list[str]:
    """The words of a command line that make a config of its base."""
    differs = saved_config.differences(config, base)
    return [
        f"--config.{name}={overrides.spelt(_tuple(value))}"
        for name, (value, _) in differs.items()
    ]


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def examples_sha256(examples: Batch) -> str:
    """The checksum of inputs and labels as little-endian int32, row after row."""
    found = hashlib.sha256()
    for array in (examples.inputs, examples.labels):
        found.update(np.ascontiguousarray(array, "<i4").tobytes())
    return found.hexdigest()
