"""Source code that a machine has, by name: standard libraries and installed packages.

Only for use on that machine; see the package.
"""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import sysconfig
from collections.abc import Callable, Sequence
from typing import NamedTuple

from data_pipeline.schema import UserError
from data_pipeline.text.corpus.source_file import UNKNOWN

_PATIENCE = 60
"""Seconds that a program may take to say where its library is."""


class Root(NamedTuple):
    """Attributes:
    path: a folder or an archive.
    licence: of what says nothing else.
    """

    path: pathlib.Path
    licence: str


class _Named(NamedTuple):
    """Attributes:
    find: where it should be, if it can be found out.
    licence: of what says nothing else.
    package: that brings it.
    """

    find: Callable[[], pathlib.Path | None]
    licence: str
    package: str


def root(name: str) -> Root:
    """Where a machine has the source code of one of `NAMES`.

    Raises:
      UserError: it does not have it, or cannot say where.
    """
    named = _NAMED[name]
    path = named.find()
    if path is None or not path.exists():
        raise UserError(
            f"The corpus names {name!r}, which this machine does not have: install it "
            f"({named.package}), or leave it out."
        )
    return Root(path, named.licence)


def _standard_library() -> pathlib.Path:
    return pathlib.Path(sysconfig.get_path("stdlib"))


def _packages() -> pathlib.Path:
    return pathlib.Path(sysconfig.get_path("purelib"))


def _go() -> pathlib.Path | None:
    home = _printed_path("go", "env", "GOROOT")
    return home and home / "src"


def _rust() -> pathlib.Path | None:
    home = _printed_path("rustc", "--print", "sysroot")
    return home and home / "lib" / "rustlib" / "src" / "rust" / "library"


def _boost() -> pathlib.Path:
    return pathlib.Path("/usr/include/boost")


def _node() -> pathlib.Path | None:
    return _printed_path("npm", "root", "--global")


def _java() -> pathlib.Path | None:
    compiler = shutil.which("javac")
    if compiler is None:
        return None
    home = pathlib.Path(compiler).resolve().parent.parent
    # Its own, or that of another version beside it.
    found = [home / "lib/src.zip", *sorted(home.parent.glob("*/lib/src.zip"))]
    return next((path for path in found if path.exists()), None)


def _printed_path(*command: str) -> pathlib.Path | None:
    """The path that a program prints; None where there is no such program.

    Raises:
      UserError: it cannot be run, or says nothing for too long.
    """
    found = shutil.which(command[0])
    if found is None:
        return None
    try:
        done = subprocess.run(
            [found, *command[1:]], capture_output=True, text=True, timeout=_PATIENCE
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        late = isinstance(error, subprocess.TimeoutExpired)
        reason = f"not within {_PATIENCE} seconds" if late else error.strerror
        raise UserError(
            f"`{' '.join(command)}` does not say where its library is ({reason}): mend "
            f"{found}, or leave the library out of the corpus."
        ) from error
    return pathlib.Path(done.stdout.strip()) if done.stdout.strip() else None


_NAMED = {
    "python-library": _Named(_standard_library, "PSF-2.0", "Python"),
    "python-packages": _Named(_packages, UNKNOWN, "pip"),
    "go-library": _Named(_go, "BSD-3-Clause", "golang-src"),
    "rust-library": _Named(
        _rust, "MIT OR Apache-2.0", "rust-src, with rustup component add rust-src"
    ),
    "boost": _Named(_boost, "BSL-1.0", "libboost-dev"),
    "node-packages": _Named(_node, UNKNOWN, "npm"),
    "java-library": _Named(
        _java, "GPL-2.0-only WITH Classpath-exception-2.0", "openjdk-*-source"
    ),
}
NAMES: Sequence[str] = tuple(_NAMED)
