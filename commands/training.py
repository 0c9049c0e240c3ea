"""What the commands that train have in common."""

from __future__ import annotations

import math
import shutil
import signal
import textwrap

import jax

from commands.flags import CommandLine
from hrm_jax import saved_config, train_state
from hrm_jax.train_state import TrainConfig


def stopped(step: int, steps: int, by: signal.Signals) -> int:
    """Says that a run was asked to stop before its end.

    Returns:
      The exit code.
    """
    print(
        f"Stopped at step {step:,} of {steps:,}, all of it saved; the same command "
        "goes on from there."
    )
    return 128 + by


def describe_config(line: CommandLine) -> str:
    """All fields, a group at a time, and what the command line changed."""
    width = max(shutil.get_terminal_size((100, 24)).columns, 60)
    groups: dict[str, list[str]] = {}
    for name, value in saved_config.fields(line.config).items():
        group, _, field = name.rpartition(".")
        value = ",".join(value) if isinstance(value, list) else value
        groups.setdefault(group or "config", []).append(f"{field}={value}")
    text = [
        textwrap.fill(
            " ".join(fields),
            width - 1,
            initial_indent=f"{group:<12}",
            subsequent_indent=" " * 12,
            break_on_hyphens=False,
        )
        for group, fields in groups.items()
    ]
    changed = saved_config.differences(line.config, line.preset)
    text.append(f"\nThis is {line.preset_name}" + (", except that" if changed else "."))
    text += [f"  {name} = {new} (was {old})" for name, (new, old) in changed.items()]
    return "\n".join(text) + "\n"


def count_parameters(config: TrainConfig) -> int:
    state = jax.eval_shape(
        lambda key: train_state.init_state(config, key), jax.random.key(0)
    )
    leaves = jax.tree.leaves((state.variables.params, state.puzzle_table))
    return sum(math.prod(leaf.shape) for leaf in leaves)
