"""Finding compilers and runtimes on this machine."""

from __future__ import annotations

import dataclasses
import functools
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator

from data_pipeline.user_error import UserError
from eval.sandbox.languages import LANGUAGES, Language

_HOMES = ("~/.cargo/bin", "~/.local/bin", "~/go/bin", "/usr/local/go/bin")
"""Where installers put programs that are not on everybody's path."""


@dataclasses.dataclass(frozen=True)
class Toolchain:
    """Attributes:
    executables: absolute paths by name.
    folder: that they need beside the system's own, or None.
    version: as they tell it.
    """

    executables: dict[str, str]
    folder: str | None
    version: str

    @property
    def number(self) -> str:
        """The version without the words around it."""
        found = re.search(r"\d+(\.\d+)+", self.version)
        return found[0] if found else self.version


class NoToolchain(UserError):
    """A language whose programs cannot be run on this machine, or not in this tier."""


def require(name: str, *, through: bool) -> Toolchain:
    """The toolchain of a language.

    Args:
      through: what lies in a private folder can still be shown to another user.

    Raises:
      NoToolchain: there is none, or only one that no other user may read.
    """
    language = LANGUAGES.get(name)
    if language is None:
        raise UserError(f"There is no language {name!r}: take {', '.join(LANGUAGES)}.")
    hidden = None
    for found in installed(name):
        if os.geteuid() != 0 or _others_read(found, through):
            return found
        hidden = hidden or found
    if hidden is not None:
        raise NoToolchain(
            f"{language.title} is in {hidden.folder}, which only root can reach, and "
            f"programs run as another user: apt-get install {language.package}, or "
            "chmod o+x the folders above."
        )
    raise NoToolchain(
        f"{language.title} is not installed: apt-get install {language.package}."
    )


@functools.cache
def installed(name: str) -> tuple[Toolchain, ...]:
    """Toolchains of a language, the preferred one first."""
    return tuple(_find(name))


def _find(name: str) -> Iterator[Toolchain]:
    language = LANGUAGES[name]
    path = os.pathsep.join(
        [os.environ.get("PATH", ""), *map(os.path.expanduser, _HOMES)]
    )
    seen = set()
    for where in (path, "/usr/bin"):
        executables = {}
        for executable in language.executables:
            found = _resolved(executable, where)
            if found:
                executables[executable] = found
        key = tuple(executables.values())
        if len(executables) < len(language.executables) or key in seen:
            continue
        seen.add(key)
        folder = _folder(executables.values())
        version = _version(language, executables)
        if version:
            yield Toolchain(executables, folder, version)


def _resolved(executable: str, path: str) -> str | None:
    if executable == "python3" and path != "/usr/bin":
        # Not the environment's link to it, whose folder holds the harness's packages.
        return os.path.realpath(sys.executable)
    found = shutil.which(executable, path=path)
    if found and os.path.basename(os.path.realpath(found)) == "rustup":
        # A stand-in, that looks for the true one in its user's home.
        root = _says([found, "--print", "sysroot"])
        found = root and shutil.which(executable, path=f"{root}/bin")
    return found and os.path.realpath(found)


def _folder(executables) -> str | None:
    """The installation around an executable in `bin`, unless it is the system's own."""
    for executable in executables:
        if not executable.startswith(("/usr/", "/bin/")):
            return str(pathlib.Path(executable).parent.parent)
    return None


def _version(language: Language, executables: dict[str, str]) -> str:
    words = [word.strip("{}") for word in language.version]
    return _says([executables.get(word, word) for word in words]) or ""


def _says(command: list[str]) -> str | None:
    """The first line that a trusted program prints, if it runs."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": os.path.expanduser("~")}
    environment |= {"GOCACHE": "off", "LANG": "C.UTF-8"}
    try:
        done = subprocess.run(
            command, capture_output=True, env=environment, timeout=30, cwd="/"
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = (done.stdout or done.stderr).decode(errors="replace").splitlines()
    return lines[0].strip() if done.returncode == 0 and lines else None


def _others_read(toolchain: Toolchain, through: bool) -> bool:
    if toolchain.folder is None:
        return True
    folder = pathlib.Path(toolchain.folder)
    places = [folder, *map(pathlib.Path, toolchain.executables.values())]
    if not through:
        places += folder.parents
    return all(place.stat().st_mode & stat.S_IXOTH for place in places)
