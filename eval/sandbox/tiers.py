"""How strongly programs are confined, what this machine can do, opening a sandbox."""

from __future__ import annotations

import enum
import functools
import importlib.util
import os
import pathlib
import platform
import shutil
import subprocess
import tempfile

from data_pipeline.user_error import UserError
from eval.sandbox import landlock, namespaces, seccomp, wire
from eval.sandbox.limits import RUNNING
from eval.sandbox.local import Confinement, LocalSandbox
from eval.sandbox.program import Command
from eval.sandbox.sandbox import Sandbox, SandboxError


class Tier(enum.IntEnum):
    """Of the first three the lower is the stronger; the fourth is elsewhere."""

    NAMESPACES = 1
    LANDLOCK = 2
    LIMITS = 3
    CONTAINERS = 4

    @property
    def title(self) -> str:
        """One line for reports."""
        return f"tier {self.value}: {_TITLES[self]}"


_TITLES = {
    Tier.NAMESPACES: "bubblewrap (own namespaces, no network, seccomp, limits)",
    Tier.LANDLOCK: "Landlock (own files only, seccomp without sockets, limits)",
    Tier.LIMITS: "limits only (reads, writes and connects as the user may)",
    Tier.CONTAINERS: "swe-rex (containers and remote machines, by --fleet=FILE)",
}
_CAP_SYS_ADMIN = 21
_NAMESPACES_HINT = (
    "allow user namespaces (sysctl kernel.apparmor_restrict_unprivileged_userns=0; in "
    "a container, --security-opt seccomp=unconfined)"
)
_BWRAP_HINT = "apt-get install bubblewrap"
_FLEET = {"swerex": "swe-rex", "aiohttp": "aiohttp, which swe-rex needs,"}
_FLEET_HINT = "pip install -r requirements-fleet.txt"


class TierMissing(UserError):
    """This machine cannot do what was asked for; the message says why, and a remedy."""


@functools.cache
def probe() -> dict[Tier, str]:
    """Tries every tier of this machine with a real program.

    Returns:
      For each tier an empty text if it holds what it promises, else one sentence that
      says what is missing and how to get it; of the fourth only whether swe-rex is
      there.
    """
    return {tier: _missing(tier) for tier in Tier}


def open_sandbox(
    weakest: Tier = Tier.LANDLOCK,
    *,
    only: Tier | None = None,
    allow_unsafe_execution: bool = False,
    cache: pathlib.Path | None = None,
    fleet: pathlib.Path | None = None,
) -> Sandbox:
    """Opens the strongest sandbox that this machine has, or each machine of a fleet.

    Args:
      weakest: nothing weaker is taken; `LIMITS` needs `allow_unsafe_execution`.
      only: this tier and no other.
      allow_unsafe_execution: of `--allow_unsafe_execution`; also takes `LIMITS` if
        nothing else is there.
      cache: folder for compiled programs; None for the user's own. Machines of a
        fleet have their own.
      fleet: file of machines, see `eval.sandbox.fleet`, for tier 4, which is never
        taken without; `weakest` and `only` are then of the sandbox on each of them.

    Raises:
      TierMissing: there is nothing as strong as that.
      UserError: the fleet's file is malformed, or a machine of it is not as it should.
    """
    if fleet is not None:
        if found := _missing(Tier.CONTAINERS):
            raise TierMissing(found)
        from eval.sandbox.fleet.fleet import open_fleet  # with swe-rex: only if asked

        return open_fleet(fleet, weakest, only, allow_unsafe_execution)
    tier = strongest(weakest, only=only, allow_unsafe_execution=allow_unsafe_execution)
    return LocalSandbox(confinement(tier), tier.title, cache)


def strongest(
    weakest: Tier = Tier.LANDLOCK,
    *,
    only: Tier | None = None,
    allow_unsafe_execution: bool = False,
) -> Tier:
    """The strongest tier that holds on this machine.

    Args:
      weakest, only, allow_unsafe_execution: as for `open_sandbox`.

    Raises:
      TierMissing: there is nothing as strong as that.
    """
    if only == Tier.CONTAINERS:
        raise TierMissing("Tier 4 needs a file that names its machines: --fleet=FILE.")
    if allow_unsafe_execution and only is None:
        weakest = Tier.LIMITS
    asked = [only] if only is not None else [tier for tier in Tier if tier <= weakest]
    if asked[-1] == Tier.LIMITS and not allow_unsafe_execution:
        raise TierMissing(
            "Running programs under limits alone lets them read and write whatever you "
            "can: say --allow_unsafe_execution if they are trusted."
        )
    found = probe()
    for tier in asked:
        if not found[tier]:
            return tier
    missing = " ".join(found[tier] for tier in asked)
    if asked[-1] < Tier.LIMITS:
        missing += " If the programs are trusted, say --allow_unsafe_execution."
    raise TierMissing(missing)


def _missing(tier: Tier) -> str:
    if tier == Tier.CONTAINERS:
        lacking = [name for name in _FLEET if importlib.util.find_spec(name) is None]
        return (
            f"{_FLEET[lacking[0]]} is not installed: {_FLEET_HINT}." if lacking else ""
        )
    if not hasattr(os, "pidfd_open") or platform.system() != "Linux":
        return "Programs are run on Linux alone: use a virtual machine or a container."
    if tier == Tier.NAMESPACES:
        bwrap = _bwrap()
        if bwrap is None:
            return f"Bubblewrap is not installed: {_BWRAP_HINT}."
        lacking = [word for word in namespaces.NEEDED if word not in _options(bwrap)]
        if lacking:
            return f"{bwrap} knows no {lacking[0]}: {_BWRAP_HINT} (0.8 or newer)."
    if tier == Tier.LANDLOCK:
        abi = landlock.abi()
        if not abi:
            return (
                "The kernel has no Landlock: use Linux 5.13 or newer, with landlock "
                "among the modules of its `lsm=` parameter."
            )
        if abi < landlock.SIGNALS_SINCE and os.geteuid() != 0:
            return (
                f"The kernel's Landlock (ABI {abi}) cannot keep signals inside: use "
                "Linux 6.12 or newer, or run as root, so that there is another user."
            )
    if tier != Tier.LIMITS and not seccomp.supported():
        return (
            f"The calls of {platform.machine()} are not known to the filter: use "
            f"{' or '.join(seccomp.MACHINES)}."
        )
    return _try(tier)


def _try(tier: Tier) -> str:
    """Runs a program that looks for a file of this process, and that forks."""
    script = 'cat "$1"; (exit 7); echo $?'
    with (
        tempfile.NamedTemporaryFile(buffering=0) as secret,
        LocalSandbox(confinement(tier), tier.title, None) as sandbox,
    ):
        secret.write(b"secret")
        os.chmod(secret.name, 0o644)
        command = Command(("/bin/sh", "-c", script, "sh", secret.name))
        try:
            outcome = sandbox.execute(command, limits=RUNNING)
        except SandboxError as error:
            hint = f": {_NAMESPACES_HINT}" if tier == Tier.NAMESPACES else ""
            return f"{tier.title} does not start here ({error}){hint}."
    expected = b"secret7\n" if tier == Tier.LIMITS else b"7\n"
    if outcome.stdout != expected:
        said = (outcome.stdout + outcome.stderr)[:200].decode(errors="replace")
        return f"{tier.title} does not hold here: a trial said {said!r}."
    return ""


def _bwrap() -> str | None:
    return shutil.which("bwrap", path=f"{os.environ.get('PATH', '')}:/usr/bin")


@functools.cache
def _options(bwrap: str) -> str:
    return subprocess.run([bwrap, "--help"], capture_output=True, text=True).stdout


def confinement(tier: Tier) -> Confinement:
    """How a tier of this machine confines, which `probe` has found to hold."""
    root = os.geteuid() == 0
    if tier == Tier.NAMESPACES:
        bwrap = _bwrap() or ""
        options = [word for word in namespaces.OPTIONAL if word in _options(bwrap)]
        return Confinement(
            wire.NAMESPACES, bwrap, tuple(options), root, root and _may_mount()
        )
    if tier == Tier.LANDLOCK:
        return Confinement(wire.LANDLOCK, "", (), root, False)
    return Confinement(wire.LIMITS, "", (), root, False)


def _may_mount() -> bool:
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    held = next(int(line.split()[1], 16) for line in lines if line.startswith("CapEff"))
    return bool(held >> _CAP_SYS_ADMIN & 1)
