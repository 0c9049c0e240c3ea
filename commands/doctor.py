"""`doctor`: what this machine has for running other people's programs."""

from __future__ import annotations

import pathlib
import subprocess

from commands import tables
from commands.flags import CommandLine
from eval.sandbox import tiers
from eval.sandbox.languages import LANGUAGES
from eval.sandbox.sandbox import Sandbox
from eval.sandbox.tiers import Tier
from eval.sandbox.toolchains import NoToolchain

_ENGINES = ("docker", "podman")
_NO_ENGINE = (
    "Neither docker nor podman runs here, so that a fleet can have remote machines "
    "only: apt-get install podman."
)


def run(line: CommandLine) -> int:
    """Prints which tiers hold, the languages' versions in each, and what is missing.

    Raises:
      UserError: a fleet is given, and it cannot be opened.
    """
    fleet = pathlib.Path(line.flags.fleet) if line.flags.fleet else None
    titles = {tier: tier.title for tier in Tier}
    found = tiers.probe()
    columns = [("", *(language.title for language in LANGUAGES.values()))]
    missing: list[str] = []
    for tier in Tier:
        cells = ["no"] * len(LANGUAGES)
        if found[tier]:
            missing.append(found[tier])
        elif tier != Tier.CONTAINERS:
            with tiers.open_sandbox(only=tier, allow_unsafe_execution=True) as sandbox:
                cells = [_version(sandbox, name, missing) for name in LANGUAGES]
        elif fleet is not None:
            allowed = line.flags.allow_unsafe_execution
            with tiers.open_sandbox(
                allow_unsafe_execution=allowed, fleet=fleet
            ) as sandbox:
                titles[tier] = sandbox.title
                cells = [_version(sandbox, name, missing) for name in LANGUAGES]
        elif not any(map(_runs, _ENGINES)):
            missing.append(_NO_ENGINE)
        if tier != Tier.CONTAINERS or fleet is not None:
            columns.append((f"tier {tier.value}", *cells))
    print("\n".join(titles.values()))
    print(f"\n{tables.aligned(list(zip(*columns, strict=True)))}\n")
    holding = [tier for tier in Tier if not found[tier] and tier < Tier.LIMITS]
    if holding:
        print(f"Programs run in tier {holding[0].value}.")
    else:
        print("Programs run with --allow_unsafe_execution only.")
    if missing:
        print("\nMissing:")
        print("\n".join(f"- {sentence}" for sentence in dict.fromkeys(missing)))
    return 0


def _runs(engine: str) -> bool:
    """Whether there is an engine of containers, with its server if it needs one."""
    try:
        return not subprocess.run([engine, "version"], capture_output=True).returncode
    except OSError:
        return False


def _version(sandbox: Sandbox, language: str, missing: list[str]) -> str:
    try:
        return sandbox.toolchain(language).number
    except NoToolchain as error:
        missing.append(str(error))
        return "no"
