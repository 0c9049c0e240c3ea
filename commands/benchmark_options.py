"""What the commands about benchmarks understand of their flags."""

from __future__ import annotations

import datetime
import pathlib
from typing import Any

from absl import flags

from commands.flag_values import number
from commands.flags import CommandLine
from data_pipeline.schema import UserError
from eval.benchmarks import registry
from eval.benchmarks.benchmark import Benchmark
from eval.benchmarks.endpoint import Endpoint, Sampling

_OF_MODELS = ("temperature", "top_p", "max_tokens", "seed", "model_name", "latest")
_IDLE = {
    "gold": (*_OF_MODELS, "samples"),
    "empty": _OF_MODELS,
    "completions": (*_OF_MODELS, "samples"),
}
"""What says nothing where no model is asked."""


def benchmark_of(
    line: CommandLine, *needed: str
) -> tuple[str, Benchmark, dict[str, Any]]:
    """The benchmark that a command line names.

    Args:
      needed: flags, besides --data, that the command cannot do without.

    Returns:
      Its name, the benchmark, and the options that it was read with.

    Raises:
      UserError: the name or a flag is wrong or missing, or the data are malformed.
    """
    if len(line.arguments) != 1:
        raise UserError(
            f"`{line.command}` takes the name of one benchmark: "
            f"{', '.join(registry.ENTRIES)}."
        )
    _need(line, "data", *needed)
    options = _options(line.flags)
    (name,) = line.arguments
    return name, registry.load(name, pathlib.Path(line.flags.data), options), options


def benchmarks_of(line: CommandLine, *needed: str) -> list[Benchmark]:
    """The benchmarks that a command line names, each with its own path in --data.

    An option goes to those of them that take it.

    Args:
      needed: as for `benchmark_of`.

    Raises:
      UserError: as `benchmark_of`; or the paths are not as many as the names.
    """
    names = line.arguments
    if not names:
        raise UserError(
            f"`{line.command}` takes names of benchmarks: "
            f"{', '.join(registry.ENTRIES)}."
        )
    _need(line, "data", *needed)
    data = line.flags.data
    paths = data.split(",") if len(names) > 1 else [data]  # it may have commas
    if len(paths) != len(names):
        raise UserError(
            f"`{line.command}` is given {len(names)} benchmarks, but --data has "
            f"{len(paths)} of their paths: give one for each, with commas between them."
        )
    options = _options(line.flags)
    found, taken = [], set[str]()
    for name, path in zip(names, paths, strict=True):
        takes = registry.ENTRIES[name].takes if name in registry.ENTRIES else ()
        own = {option: options[option] for option in takes if option in options}
        found.append(registry.load(name, pathlib.Path(path), own))
        taken |= own.keys()
    for option in options.keys() - taken:
        raise UserError(f"No --{option} is taken by {' or '.join(names)}.")
    return found


def _need(line: CommandLine, *flags_needed: str) -> None:
    for flag in flags_needed:
        if not line.flags[flag].value:
            raise UserError(f"`{line.command}` needs --{flag}=PATH.")


def refuse_flags_of_others(line: CommandLine) -> None:
    """Flags of a server mean nothing beside a run in --workdir, nor those of a run
    beside a server.

    Raises:
      UserError: there is one.
    """
    for flag in ("model_name", "context", "chat"):
        if line.workdir is not None and line.flags[flag].value:
            raise UserError(
                f"--{flag} is of a server's --model: leave it out beside --workdir."
            )
    if line.workdir is None and line.flags.latest:
        raise UserError(
            "--latest is of a run in --workdir: leave it out beside --model."
        )


def refuse_idle_flags(values: flags.FlagValues) -> None:
    """Of `benchmark`: some say how a model draws, others what --generate makes.

    Raises:
      UserError: there is one, and nothing is drawn or made.
    """
    for way, idle in _IDLE.items():
        if values[way].value:
            for flag in idle:
                if values[flag].value and not (flag == "seed" and values.generate):
                    raise UserError(
                        f"--{flag} is of a model that is asked: leave it out beside "
                        f"--{way}."
                    )
    if values.split and not values.generate:
        raise UserError("--split is of what --generate makes: leave it out.")


def endpoint_of(line: CommandLine, sampling: Sampling, at_once: int = 1) -> Endpoint:
    """The server of `--model`.

    Args:
      at_once: questions.

    Raises:
      UserError: it has no name.
    """
    values = line.flags
    if not values.model_name:
        raise UserError("--model needs --model_name=NAME, as the server knows it.")
    return Endpoint(values.model, values.model_name, sampling, values.chat, at_once)


def _options(values: flags.FlagValues) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("start", "end"):
        if text := values[name].value:
            try:
                found[name] = datetime.date.fromisoformat(text)
            except ValueError as error:
                raise UserError(
                    f"--{name} is {text!r}, but it must be a day: --{name}=2024-08-01."
                ) from error
    for name in ("edit_format", "harness", "harness_python"):
        if text := values[name].value:
            found[name] = text
    for name in ("evaluated", "logs", "containers"):
        if text := values[name].value:
            found[name] = pathlib.Path(text)
    if values.test_timeout:
        found["test_timeout"] = int(number(values, "test_timeout", 0, whole=True))
    if values.reasoning:
        found["reasoning"] = True
    return found
