"""What the commands about benchmarks understand of their flags."""

from __future__ import annotations

import datetime
import pathlib
from typing import Any

from absl import flags

from commands.flags import CommandLine
from data_pipeline.schema import UserError
from eval.benchmarks import registry
from eval.benchmarks.benchmark import Benchmark
from eval.benchmarks.endpoint import Endpoint, Sampling


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


def refuse_flags_of_servers(line: CommandLine) -> None:
    """Beside a run in --workdir they would mean nothing.

    Raises:
      UserError: there is one.
    """
    for flag in ("model_name", "context", "chat"):
        if line.workdir is not None and line.flags[flag].value:
            raise UserError(
                f"--{flag} is of a server's --model: leave it out beside --workdir."
            )


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


def number(
    values: flags.FlagValues,
    name: str,
    default: float,
    *,
    whole: bool = False,
    least: float = 1,
    most: float = 1e9,
) -> float:
    """The number that a flag has.

    Raises:
      UserError: it is none, or out of bounds.
    """
    text = values[name].value
    if not text:
        return default
    try:
        found = int(text) if whole else float(text)
    except ValueError:
        found = None
    if found is None or not least <= found <= most:
        kind = "a whole number" if whole else "a number"
        bound = f"from {least:g}" + (f" to {most:g}" if most < 1e9 else "")
        raise UserError(f"--{name} is {text!r}, but it must be {kind} {bound}.")
    return found


def drawn(values: flags.FlagValues) -> tuple[int, float]:
    """How many answers a model draws, and at which temperature.

    Raises:
      UserError: a number is wrong, or several are drawn where all are the same.
    """
    samples = int(number(values, "samples", 1, whole=True))
    temperature = number(values, "temperature", 0.0, least=0, most=10)
    if samples > 1 and not temperature:
        raise UserError(
            f"--samples={samples} of the most likely answer are all the same: draw "
            "others with --temperature=0.8."
        )
    return samples, temperature


def numbers(text: str, name: str) -> list[int]:
    """Whole numbers between commas, each once, in order.

    Raises:
      UserError: one is none.
    """
    words = text.split(",")
    if not all(word.isdecimal() and int(word) for word in words):
        raise UserError(
            f"--{name} is {text!r}, but it must be whole numbers: --{name}=1,10."
        )
    return sorted({int(word) for word in words})


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
