"""Modules of JavaScript as one classic script.

A browser loads no modules from a disk, only classic scripts.
"""

from __future__ import annotations

import pathlib
import re

_IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./([\w.]+)";$', re.MULTILINE)
_EXPORT = re.compile(
    r"^export ((?:async )?(?:class|const|function) (\w+))", re.MULTILINE
)


def script(module: pathlib.Path) -> str:
    """A module and all that it imports, each in a scope of its own after what it needs.

    Modules import by name, `import { a, b } from "./file.mjs";`, and not in a circle.

    Raises:
      ValueError: modules import each other in a circle.
    """
    ordered: dict[pathlib.Path, str] = {}
    _add(module, ordered, ())
    return '"use strict";\n' + "\n".join(ordered.values())


def _add(
    module: pathlib.Path,
    ordered: dict[pathlib.Path, str],
    importers: tuple[pathlib.Path, ...],
) -> None:
    if module in importers:
        raise ValueError(f"{module.name} imports itself, by way of others")
    if module in ordered:
        return
    text = module.read_text(encoding="utf-8")
    for _, name in _IMPORT.findall(text):
        _add(module.with_name(name), ordered, (*importers, module))
    exports = ", ".join(name for _, name in _EXPORT.findall(text))
    body = _IMPORT.sub(lambda found: f"const {found[1]} = {_name(found[2])};", text)
    body = _EXPORT.sub(r"\1", body)
    head = f"const {_name(module.name)} = (() => {{\n"
    ordered[module] = f"{head}{body}return {{ {exports} }};\n}})();\n"


def _name(file: str) -> str:
    return f"module_{pathlib.Path(file).stem}"
