"""The format `whole`: each changed file anew, in a fence below its name.

After Aider's `wholefile_coder.py`, but strict: a fence that does not end, a file that
is given twice and a listing that could be of several files are errors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from eval.benchmarks.edits.error import EditError, NoEdit
from eval.benchmarks.edits.lines import named

INSTRUCTIONS = """\
Answer with each file that you change, whole: its path alone on a line, and below it \
the new content between fences:

path/to/file.ext
```
the whole new content, nothing left out
```
"""

_FENCE = re.compile(r"^(`{3,})[^`\n]*$")
_NAME = re.compile(r"[^\s/]+(/[^\s/]+)*")


def apply(text: str, files: Mapping[str, str]) -> dict[str, str]:
    """The files after a reply; every content that it gives ends with a newline.

    Raises:
      EditError: the reply is malformed.
    """
    listings = _listings(text)
    paths = list(files)
    contents: dict[str, str] = {}
    for number, (above, content) in enumerate(listings, start=1):
        name = _path(above)
        if not name:
            continue
        path = named(name, paths, f"Listing {number}")
        if path not in files and "." not in path and "/" not in path:
            continue  # a word of prose
        if path in contents:
            raise EditError(
                f"Listing {number}: {path!r} was given before; give each file once."
            )
        contents[path] = content
    if not contents and len(files) == 1 and len(listings) == 1:
        contents[paths[0]] = listings[0][1]
    if not contents and listings:
        raise EditError(
            "No listing has one of the files "
            f"{', '.join(map(repr, paths))} on the line before its fence."
        )
    if not contents:
        raise NoEdit("There is no file in the reply: put its path before a fence.")
    return {**files, **contents}


def write(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """A reply that makes one set of files of another, but for missing final newlines.

    Raises:
      EditError: this format cannot say it, as a file goes.
    """
    gone = sorted(set(before) - set(after))
    if gone:
        raise EditError(f"The format cannot remove {gone[0]!r}.")
    parts = []
    for path in sorted(after):
        content = after[path]
        if before.get(path) == content:
            continue
        runs = re.findall(r"^`{3,}", content, re.MULTILINE)
        fence = "`" * (1 + max(map(len, runs), default=2))
        end = "" if not content or content.endswith("\n") else "\n"
        parts.append(f"{path}\n{fence}\n{content}{end}{fence}\n")
    return "\n".join(parts)


def _listings(text: str) -> list[tuple[str, str]]:
    """The line above each fence, and what is in it."""
    found, above, fence, content = [], "", "", []
    for line in text.split("\n"):
        opening = _FENCE.match(line.rstrip("\r"))
        if fence:
            bare = line.rstrip()
            if len(bare) >= len(fence) and set(bare) == {"`"}:
                found.append((above, "".join(part + "\n" for part in content)))
                fence, line = "", ""
            else:
                content.append(line)
        elif opening:
            fence, content = opening[1], []
        if not fence:
            above = line
    if fence:
        raise EditError(
            f"Listing {len(found) + 1}: its fence {fence} does not end; give the whole "
            "file and close it."
        )
    return found


def _path(above: str) -> str:
    """The path in the line above a fence; "" for an empty line or prose."""
    name = above.strip().strip("*#: \t").strip("`").rstrip(":").strip()
    return name if _NAME.fullmatch(name) else ""
