"""The format `udiff`: unified diffs, in fences marked `diff`.

After Aider's `udiff_coder.py` and POSIX `diff -u`, but strict: every line of a hunk
must match. The numbers behind `@@` decide only between several places, since models
get them wrong; without them a hunk must match in one place.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Iterator, Mapping

from eval.benchmarks.edits.error import EditError, NoEdit, Unmatched
from eval.benchmarks.edits.lines import matches, nearest, replaced

INSTRUCTIONS = """\
Answer with a unified diff, as `diff -u` makes it, between fences:

```diff
--- a/path/to/file.ext
+++ b/path/to/file.ext
@@ -10,3 +10,3 @@
 a line that stays
-a line that goes
+a line that comes
 a line that stays
```

Lines that stay or go must match the file to the letter, spaces included. The old path \
of a new file is /dev/null, and so is the new path of a file that goes.
"""

_NUMBERS = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_NULL = "/dev/null"
_NO_NEWLINE = "\\ No newline at end of file"


@dataclasses.dataclass
class Hunk:
    """Attributes:
    start: the index in the old file, if the hunk tells it.
    old: lines to find.
    new: lines to put there.
    to_end: the old lines end the file.
    """

    start: int | None
    old: list[str]
    new: list[str]
    to_end: bool


@dataclasses.dataclass
class FileDiff:
    """Attributes:
    old: the path before, None for a new file.
    new: the path after, None for a file that goes.
    hunks: in order.
    """

    old: str | None
    new: str | None
    hunks: list[Hunk]


def apply(text: str, files: Mapping[str, str]) -> dict[str, str]:
    """The files after a reply.

    Raises:
      EditError: a hunk is malformed.
      Unmatched: some hunks do not match.
    """
    after = dict(files)
    failed: list[str] = []
    number = 0
    for diff in parse(text):
        path = diff.new or diff.old or ""
        lines = _before(diff, after, path).split("\n")
        shift = 0
        for hunk in diff.hunks:
            number += 1
            try:
                start = _place(hunk, lines, shift, f"Hunk {number} ({path})")
            except EditError as error:
                failed.append(str(error))
                continue
            lines = replaced(lines, start, hunk.old, hunk.new)
            shift += len(hunk.new) - len(hunk.old)
        if diff.new is not None:
            after[path] = "\n".join(lines)
        elif lines == [""]:
            del after[path]
        elif not failed:
            raise EditError(f"The diff removes {path!r}, but not all of its lines.")
    if failed:
        raise Unmatched("\n".join(failed), after, number - len(failed))
    return after


def parse(text: str) -> list[FileDiff]:
    """The diffs of a reply, those with a hunk that changes something.

    Raises:
      EditError: one is malformed.
      NoEdit: there is none.
    """
    diffs: list[FileDiff] = []
    for block in _blocks(text):
        diffs += _files(block)
    if not diffs:
        raise NoEdit("There is no diff in the reply: begin it with --- and +++ lines.")
    return [diff for diff in diffs if diff.hunks or None in (diff.old, diff.new)]


def write(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """A reply that makes one set of files of another.

    Raises:
      EditError: this format cannot say it, for the name of a file.
    """
    return f"```diff\n{difference(before, after)}```\n"


def difference(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """A patch that makes one set of files of another, as `git apply` reads it.

    Raises:
      EditError: a path has spaces around it, or holds a tab or a newline.
    """
    parts = []
    for path in sorted({*before, *after}):
        old, new = before.get(path), after.get(path)
        if old == new:
            continue
        if path != path.strip() or re.search(r"[\t\n\r\"\\]", path):
            raise EditError(f"The format cannot say the path {path!r}.")
        parts.append(f"diff --git a/{path} b/{path}\n")
        if old is None:
            parts.append("new file mode 100644\n")
        if new is None:
            parts.append("deleted file mode 100644\n")
        lines = difflib.unified_diff(
            _split(old or ""),
            _split(new or ""),
            _NULL if old is None else f"a/{path}",
            _NULL if new is None else f"b/{path}",
        )
        for line in lines:
            parts.append(line)
            if not line.endswith("\n"):
                parts.append(f"\n{_NO_NEWLINE}\n")
    return "".join(parts)


def _split(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _before(diff: FileDiff, files: Mapping[str, str], path: str) -> str:
    if diff.old is None:
        if files.get(path):
            raise EditError(f"The diff makes {path!r} anew, but there is such a file.")
        return ""
    if diff.new not in (None, diff.old):
        raise EditError(
            f"The diff has two names, {diff.old!r} and {diff.new!r}; give one."
        )
    if path not in files:
        raise EditError(
            f"The diff changes {path!r}, but there is only "
            f"{', '.join(map(repr, sorted(files))) or 'no file'}."
        )
    return files[path]


def _place(hunk: Hunk, lines: list[str], shift: int, label: str) -> int:
    """Where a hunk belongs."""
    stated = None if hunk.start is None else hunk.start + shift
    if not hunk.old:
        if lines == [""]:
            return 0
        if stated is None or not 0 <= stated <= len(lines):
            raise EditError(
                f"{label}: it holds added lines alone; give lines of the file around "
                "them, so that their place is known."
            )
        return stated
    found = matches(lines, hunk.old)
    if hunk.to_end:
        found = [start for start in found if start + len(hunk.old) == len(lines)]
    if stated in found:
        return stated
    if not found:
        raise EditError(
            f"{label}: the {len(hunk.old)} lines from {hunk.old[0].strip()!r} on do "
            "not stand in the file in a row; " + nearest(lines, hunk.old)
        )
    if len(found) > 1:
        raise EditError(
            f"{label}: its lines stand in the file {len(found)} times, first in lines "
            f"{found[0] + 1} and {found[1] + 1}; give more lines around the change."
        )
    return found[0]


def _blocks(text: str) -> Iterator[list[str]]:
    """The lines of each fence that is marked as a diff; without any, of all the text.

    A fence ends where a line begins with its mark, for no line of a diff does.
    """
    lines = text.split("\n")
    fenced = [
        place
        for place, line in enumerate(lines)
        if re.fullmatch(r"```\s*(diff|udiff|patch)\s*", line)
    ]
    if not fenced:
        yield lines[:-1] if lines[-1] == "" else lines
    for start in fenced:
        end = start + 1
        while end < len(lines) and not lines[end].startswith("```"):
            end += 1
        if end == len(lines):
            raise EditError("The reply ends within a diff; close its fence with ```.")
        yield lines[start + 1 : end]


def _files(lines: list[str]) -> Iterator[FileDiff]:
    place = 0
    while place < len(lines):
        if not _begins_file(lines, place):
            empty = _without_lines(lines, place)
            if empty:
                yield empty
            if lines[place].startswith("@@ -"):
                raise EditError(
                    f"The hunk {lines[place]!r} belongs to no file; put --- and +++ "
                    "lines before it."
                )
            place += 1
            continue
        diff = FileDiff(*_paths(lines[place], lines[place + 1]), [])
        label = diff.new or diff.old
        if label is None:
            raise EditError("The diff has /dev/null for both of its paths.")
        place += 2
        while place < len(lines) and lines[place].startswith("@@"):
            end = _end(lines, place)
            hunk = _hunk(lines[place], lines[place + 1 : end], label)
            if hunk.old != hunk.new:
                diff.hunks.append(hunk)
            place = end
        yield diff


def _begins_file(lines: list[str], place: int) -> bool:
    return (
        place + 1 < len(lines)
        and lines[place].startswith("--- ")
        and lines[place + 1].startswith("+++ ")
    )


def _without_lines(lines: list[str], place: int) -> FileDiff | None:
    """The diff of an empty file that comes or goes, which has Git's header alone."""
    words = lines[place].removeprefix("diff --git ")
    path = words[2 : len(words) // 2]
    if words == lines[place] or words != f"a/{path} b/{path}":
        return None
    header = lines[place + 1 : place + 3]
    has_index = header[1:] and header[1].startswith("index ")
    if _begins_file(lines, place + (3 if has_index else 2)):
        return None
    if header and header[0].startswith("new file mode"):
        return FileDiff(None, path, [])
    if header and header[0].startswith("deleted file mode"):
        return FileDiff(path, None, [])
    return None


def _paths(old: str, new: str) -> tuple[str | None, str | None]:
    one, two = (line[4:].split("\t")[0].strip() for line in (old, new))
    prefixed = [one == _NULL or one.startswith("a/"), two == _NULL or two[:2] == "b/"]
    if all(prefixed):
        one = one if one == _NULL else one[2:]
        two = two if two == _NULL else two[2:]
    return (None if one == _NULL else one), (None if two == _NULL else two)


def _end(lines: list[str], head: int) -> int:
    """Where a hunk ends: after as many lines as it says if something begins there,
    or else where something begins."""
    stated = _stated_end(lines, head)
    if stated is not None and _begins(lines, stated):
        return stated
    place = head + 1
    while not _begins(lines, place):
        place += 1
    while lines[place - 1] == "":  # between the hunk and what follows
        place -= 1
    return place


def _begins(lines: list[str], place: int) -> bool:
    return (
        place >= len(lines)
        or lines[place].startswith(("@@", "diff ", "index "))
        or _begins_file(lines, place)
    )


def _stated_end(lines: list[str], head: int) -> int | None:
    numbers = _NUMBERS.match(lines[head])
    if not numbers:
        return None
    old, new = (1 if numbers[n] is None else int(numbers[n]) for n in (2, 4))
    place = head + 1
    while place < len(lines) and (old > 0 or new > 0 or lines[place][:1] == "\\"):
        mark = lines[place][:1]
        old -= mark in ("", " ", "-")
        new -= mark in ("", " ", "+")
        place += 1
    return place if old == new == 0 else None


def _hunk(head: str, body: list[str], label: str) -> Hunk:
    old: list[str] = []
    new: list[str] = []
    old_ends = new_ends = False
    mark = ""
    for number, line in enumerate(body, start=1):
        if line.startswith("\\"):
            old_ends |= mark in (" ", "-")
            new_ends |= mark in (" ", "+")
            continue
        mark = line[:1] or " "
        if mark not in " -+":
            raise EditError(
                f"The hunk {head!r} of {label}: its line {number}, {line!r}, begins "
                "with none of space, - and +."
            )
        old += [line[1:]] if mark in " -" else []
        new += [line[1:]] if mark in " +" else []
    if new_ends and not old_ends:  # the final newline goes
        old.append("")
    if old_ends and not new_ends:  # or comes
        new.append("")
    numbers = _NUMBERS.match(head)
    start = None
    if numbers:
        # Without old lines the number is that of the line before.
        first = int(numbers[1])
        start = first if numbers[2] == "0" else max(first - 1, 0)
    return Hunk(start, old, new, old_ends or new_ends)
