"""What a repository's config files say about its tests.

Editing them can skip tests, or make them pass, without touching a test file.
Indirection (a script behind `npm test`, another rule of a Makefile) is not followed.
"""

from __future__ import annotations

import configparser
import json
import os
import re
import tomllib
from collections.abc import Callable
from typing import Any

_WHOLE = re.compile(
    r"pytest\.(?:ini|toml)|tox\.ini|(?:jest|vitest|ava|karma)\.(?:config|conf)\.\w+"
)
"""Names of files that are about nothing else. None that begins with a dot can be named
by an action."""
_OF_NODE = ("jest", "mocha", "vitest", "ava", "tap")
_RULE = re.compile(r"^([^\s:=#][^:=\n]*):.*(?:(?:\n(?:#.*)?)*\n[ \t].*)*", re.MULTILINE)
"""Of make, with its targets. Empty lines and comments may stand within a recipe; those
behind its last line are none of it."""


def part(path: str, text: str) -> Any:
    """What a file says of tests, which can be compared; None where it cannot be read.

    It is the text itself of a file that is about tests alone, and false where nothing
    is said.
    """
    name = os.path.basename(path)
    if _WHOLE.fullmatch(name):
        return text
    read = _READERS.get(name)
    try:
        return read(text) if read else ""
    except (ValueError, TypeError, AttributeError, RecursionError, configparser.Error):
        return None


def _of_pyproject(text: str) -> Any:
    return tomllib.loads(text).get("tool", {}).get("pytest", {})


def _of_setup(text: str) -> Any:
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(text)
    return dict(parser["tool:pytest"]) if "tool:pytest" in parser else {}


def _of_package(text: str) -> Any:
    package = json.loads(text)
    scripts = package.get("scripts", {})
    said = {f"npm run {name}": scripts[name] for name in scripts if "test" in name}
    return said | {name: package[name] for name in _OF_NODE if name in package}


def _of_makefile(text: str) -> Any:
    return [rule[0] for rule in _RULE.finditer(text) if "test" in rule[1].split()]


_READERS: dict[str, Callable[[str], Any]] = {
    "pyproject.toml": _of_pyproject,
    "setup.cfg": _of_setup,
    "package.json": _of_package,
    "Makefile": _of_makefile,
}
