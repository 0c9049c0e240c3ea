"""The imports of a Go file that was put together from parts."""

from __future__ import annotations

import re

_GROUP = re.compile(r"^import[ \t]*\(([^()]*)\)[ \t]*;?[ \t]*$", re.MULTILINE)
_SINGLE = re.compile(r'^import[ \t]+((?:[\w.]+[ \t]+)?"[^"\n]+")[^\n]*$', re.MULTILINE)
_SPEC = re.compile(r'(?:([\w.]+)[ \t]+)?"([^"\n]+)"')
_PACKAGE = re.compile(r"^package[ \t]+\w+[ \t]*$", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*//.*$", re.MULTILINE)


def split(source: str) -> tuple[dict[str, str], str]:
    """Takes `package` and the imports out of a source.

    Returns:
      The name given to each package ("" if none), by its path; and the rest.
    """
    specs = [*_GROUP.findall(source), *_SINGLE.findall(source)]
    names = {path: name for spec in specs for name, path in _SPEC.findall(spec)}
    for pattern in (_GROUP, _SINGLE, _PACKAGE):
        source = pattern.sub("", source)
    return names, source


def joined(parts: list[str], known: tuple[str, ...]) -> str:
    """One file of package main with the imports that its parts need.

    Go rejects an import that is not used, and a package that is used without. So what
    the parts import is kept where it is used, and what is `known` is added where it is.
    """
    names: dict[str, str] = dict.fromkeys(known, "")
    bodies = []
    for part in parts:
        own, body = split(part)
        names |= own
        bodies.append(body)
    text = "\n".join(bodies)
    code = _COMMENT.sub("", text)
    needed = [
        f'\t{name} "{path}"' if name else f'\t"{path}"'
        for path, name in names.items()
        if name in ("_", ".") or _used(name or path.rpartition("/")[2], code)
    ]
    lines = "\n".join(needed)
    return f"package main\n\nimport (\n{lines}\n)\n{text}"


def _used(name: str, code: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(name)}\.\w", code) is not None
