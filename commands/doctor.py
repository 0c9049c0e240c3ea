"""`doctor`: what this machine has for running other people's programs."""

from __future__ import annotations

from commands import tables
from commands.flags import CommandLine
from eval.sandbox import tiers
from eval.sandbox.languages import LANGUAGES
from eval.sandbox.sandbox import Sandbox
from eval.sandbox.tiers import Tier
from eval.sandbox.toolchains import NoToolchain


def run(line: CommandLine) -> int:
    """Prints which tiers hold, the languages' versions in each, and what is missing."""
    found = tiers.probe()
    columns = [("", *(language.title for language in LANGUAGES.values()))]
    missing: list[str] = []
    for tier in Tier:
        cells = ["no"] * len(LANGUAGES)
        if found[tier]:
            missing.append(found[tier])
        else:
            with tiers.open_sandbox(only=tier, allow_unsafe_execution=True) as sandbox:
                cells = [_version(sandbox, name, missing) for name in LANGUAGES]
        columns.append((f"tier {tier.value}", *cells))
    print("\n".join(tier.title for tier in Tier))
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


def _version(sandbox: Sandbox, language: str, missing: list[str]) -> str:
    try:
        return sandbox.toolchain(language).number
    except NoToolchain as error:
        missing.append(str(error))
        return "no"
