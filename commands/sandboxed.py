"""Where a command runs programs that nobody has read."""

from __future__ import annotations

import pathlib

from commands.flags import CommandLine
from eval.sandbox import tiers
from eval.sandbox.sandbox import Sandbox


def opened(line: CommandLine) -> Sandbox:
    """The machines of `--fleet`, or the strongest sandbox that this machine has.

    Raises:
      TierMissing: there is none, and `--allow_unsafe_execution` does not do without.
      UserError: the fleet cannot be opened.
    """
    return tiers.open_sandbox(
        allow_unsafe_execution=line.flags.allow_unsafe_execution,
        fleet=pathlib.Path(line.flags.fleet) if line.flags.fleet else None,
    )
