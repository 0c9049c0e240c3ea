"""Patches, as Git writes them: which files they change, and how."""

from __future__ import annotations

import dataclasses
import re

from data_pipeline.schema import UserError

_GIT = re.compile(r'diff --git (?:"?a/(?P<old>.*?)"?) (?:"?b/(?P<new>.*?)"?)$')
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@(.*)")
_HEADERS = (
    *("index ", "old mode ", "new mode ", "new file mode ", "deleted file mode "),
    *("similarity index ", "dissimilarity index ", "rename ", "copy ", "Binary files "),
)


class PatchError(UserError):
    """A patch that is malformed, or does not apply."""


@dataclasses.dataclass
class FilePatch:
    """Attributes:
    old: path before, None for a new file.
    new: path after, None for a file that goes.
    hunks: each with its `@@` line, without the last newline.
    """

    old: str | None
    new: str | None
    hunks: list[str]

    @property
    def path(self) -> str:
        return self.old or self.new or ""


def parse(text: str) -> list[FilePatch]:
    """The files of a patch in order; none if there is nothing but space.

    Lines between files that are no part of a diff are passed over, as `git apply` does.

    Raises:
      PatchError: a hunk has other lines than it says, or there is no diff at all.
    """
    found: list[FilePatch] = []
    lines = text.split("\n")
    place, begun = 0, False
    while place < len(lines):
        line = lines[place]
        git = _GIT.match(line)
        if git:
            found.append(FilePatch(git["old"], git["new"], []))
            begun = True
        elif line.startswith("new file mode ") and begun:
            found[-1].old = None
        elif line.startswith("deleted file mode ") and begun:
            found[-1].new = None
        elif line.startswith("--- ") and lines[place + 1 : place + 2]:
            if not lines[place + 1].startswith("+++ "):
                raise PatchError(f"Line {place + 1}: a --- line without a +++ line.")
            old, new = _path(line, "a/"), _path(lines[place + 1], "b/")
            if begun:
                found[-1].old, found[-1].new = old, new
            else:
                found.append(FilePatch(old, new, []))
            begun = False
            place += 1
        elif line.startswith("@@"):
            if not found:
                raise PatchError(f"Line {place + 1}: a hunk before any file.")
            end = _end(lines, place)
            head = _HUNK.fullmatch(line)
            assert head is not None
            counts = [1 if head[n] is None else int(head[n]) for n in (2, 4)]
            # In full, so that texts of equal hunks are equal.
            full = f"@@ -{head[1]},{counts[0]} +{head[3]},{counts[1]} @@{head[5]}"
            found[-1].hunks.append("\n".join([full, *lines[place + 1 : end]]))
            place = end - 1
        elif not line.startswith(_HEADERS):
            begun = False
        place += 1
    if not found and text.strip():
        raise PatchError("There is no diff in the patch.")
    if any(one.old is None and one.new is None for one in found):
        raise PatchError("A file of the patch has /dev/null for both of its paths.")
    return found


def paths(patch: list[FilePatch]) -> set[str]:
    """All paths that a patch reads or writes."""
    return {path for one in patch for path in (one.old, one.new) if path}


def _path(line: str, prefix: str) -> str | None:
    name = line[4:].split("\t")[0].strip().strip('"')
    return None if name == "/dev/null" else name.removeprefix(prefix)


def _end(lines: list[str], start: int) -> int:
    """Where a hunk ends, by the numbers of its lines."""
    head = _HUNK.fullmatch(lines[start])
    if head is None:
        raise PatchError(f"Line {start + 1}: {lines[start]!r} is no head of a hunk.")
    old, new = (1 if head[n] is None else int(head[n]) for n in (2, 4))
    place = start + 1
    while old > 0 or new > 0:
        mark = lines[place][:1] if place < len(lines) else "end"
        # An empty line stands for an empty context line: GNU diff may write it so.
        if mark not in ("", " ", "-", "+", "\\"):
            raise PatchError(
                f"Line {place + 1}: the hunk of line {start + 1} has fewer lines than "
                "it says."
            )
        old -= mark in ("", " ", "-")
        new -= mark in ("", " ", "+")
        place += 1
    if old or new:
        raise PatchError(f"Line {start + 1}: the hunk has other lines than it says.")
    if place < len(lines) and lines[place].startswith("\\"):
        place += 1
    return place
