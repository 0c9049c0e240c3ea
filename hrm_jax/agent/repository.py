"""A repository as an agent has it: a copy, of which the original knows nothing."""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from data_pipeline.schema import UserError
from eval.atomic import replacing
from eval.benchmarks.edits import unified
from eval.benchmarks.edits.error import EditError
from eval.sandbox.program import MOST_FILES, UnsafePath, check_paths
from hrm_jax.agent import worktree
from hrm_jax.agent.mistake import TaskMistake

_INSTALLED = frozenset((".venv", "venv", ".tox", ".eggs", "node_modules"))
"""Folders of what is installed."""
_NOT_THE_SOURCE = _INSTALLED | frozenset(
    (".git", ".hg", ".svn", "__pycache__", ".mypy_cache", ".pytest_cache")
    + (".ruff_cache", ".idea", ".vscode", ".DS_Store")
)
_BUILT = frozenset(("target", "dist", "build"))
"""Folders that are most likely built, where git does not say whether they are."""
_OUR_OWN = {
    "a session of an agent": {"session.json", "journal.jsonl"},
    "sessions of agents": {"settings.json", "leases.jsonl"},
    "a run": {"config.json", "metrics.jsonl", "checkpoints"},
}
"""What a folder has that is one of these."""


class LeftOut(NamedTuple):
    """A path that is not in the copy, and why."""

    path: str
    why: str


class Repository(NamedTuple):
    """The files of a repository, in memory.

    Attributes:
      texts: of the files that are text, by path.
      others: of the files that are none; tests see them, an agent does not.
      executables: files among both that are programs.
      left_out: what is in neither.
    """

    texts: Mapping[str, str]
    others: Mapping[str, bytes]
    executables: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    def files(self, texts: Mapping[str, str]) -> dict[str, bytes]:
        """All files, with other texts."""
        return {**self.others, **{path: text.encode() for path, text in texts.items()}}


def read(folder: pathlib.Path, largest_file: int, largest: int) -> Repository:
    """Reads a folder, without what version control, caches, environments, agents and
    runs keep there.

    Of a work tree of git it takes what is tracked, whatever it is called, and what is
    not ignored; elsewhere no folder that is called like a built one, either.

    A link to a file of the repository counts as that file; other links, and what is
    neither file nor folder, are left out, as are files of more than `largest_file`
    bytes.

    Raises:
      TaskMistake: it is no folder that can be read, empty, or too large.
    """
    if not folder.is_dir():
        raise TaskMistake(f"--repo is {str(folder)!r}, which is no folder.")
    home = folder.resolve()
    files: dict[str, bytes] = {}
    executables: list[str] = []
    left_out: list[LeftOut] = []
    size = 0
    for path in _walk(home, left_out):
        name = path.relative_to(home).as_posix()
        why = _unfit(path, home, largest_file)
        if why:
            left_out.append(LeftOut(name, why))
            continue
        try:
            check_paths([name])
            data = path.read_bytes()
        except OSError as error:
            left_out.append(LeftOut(name, error.strerror or str(error)))
            continue
        except UnsafePath:
            left_out.append(LeftOut(ascii(name), "its name is none for a sandbox"))
            continue
        size += len(data)
        if size > largest or len(files) >= MOST_FILES:
            raise TaskMistake(
                f"{folder} has more than {MOST_FILES:,} files or {largest:,} bytes: "
                "give a part of it as --repo, or let .gitignore say what is no source."
            )
        files[name] = data
        if path.stat().st_mode & stat.S_IXUSR:
            executables.append(name)
    found = _parted(files, executables)
    if not found.texts:
        raise TaskMistake(f"{folder} holds no file of text that can be read.")
    return found._replace(left_out=tuple(left_out))


def keep(repository: Repository, folder: pathlib.Path) -> None:
    """Writes a copy, which is whole or not there."""
    with replacing(folder) as whole:
        whole.mkdir()
        for name, data in repository.files(repository.texts).items():
            path = whole / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            if name in repository.executables:
                path.chmod(path.stat().st_mode | stat.S_IXUSR)


def kept(folder: pathlib.Path) -> Repository:
    """The copy that `keep` wrote: all of it, whatever it is called, since what is no
    source was left out before it, of what was a folder.

    Raises:
      UserError: it cannot be read.
    """
    files: dict[str, bytes] = {}
    executables: list[str] = []

    def raised(error: OSError) -> None:
        raise error

    try:
        for place, folders, names in os.walk(folder, onerror=raised):
            folders.sort()
            for path in (pathlib.Path(place, name) for name in sorted(names)):
                name = path.relative_to(folder).as_posix()
                files[name] = path.read_bytes()
                if path.stat().st_mode & stat.S_IXUSR:
                    executables.append(name)
    except OSError as error:
        raise UserError(
            f"{folder} cannot be read ({error.strerror or error})."
        ) from error
    return _parted(files, executables)


def _parted(files: Mapping[str, bytes], executables: Sequence[str]) -> Repository:
    """Files by whether they are text."""
    texts: dict[str, str] = {}
    others: dict[str, bytes] = {}
    for name, data in files.items():
        try:
            if b"\0" in data:
                raise ValueError
            texts[name] = data.decode()
        except ValueError:
            others[name] = data
    return Repository(texts, others, tuple(executables))


def digest(texts: Mapping[str, str]) -> str:
    """The same for the same texts, and for no others."""
    whole = json.dumps(sorted(texts.items())).encode()
    return hashlib.sha256(whole).hexdigest()


def patch(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """What has changed, as `git apply` reads it."""
    try:
        return unified.difference(before, after)
    except EditError:  # a path that no patch can say
        changed = [path for path in after if before.get(path) != after[path]]
        plain = {path: after[path] for path in changed if path.isascii()}
        return unified.difference({p: before[p] for p in plain}, plain)


_UNFINISHED = re.compile(r"(?<![^/])\.[0-9a-f]{8}-(?=[^/]+$)")
"""Before the name of a file that `replacing` was killed at."""


def apply(
    before: Repository,
    after: Mapping[str, str],
    folder: pathlib.Path,
    now: Repository,
    ours: Iterable[pathlib.Path] = (),
) -> list[str]:
    """Writes what has changed to the original, none or all as far as can be known. A
    call that was killed halfway is finished by the next one.

    Args:
      before: the copy, as it was made.
      after: its texts.
      folder: the original.
      now: what is in it.
      ours: files there, perhaps, that a session itself writes.

    Returns:
      The paths of what has changed.

    Raises:
      UserError: a file is a link, or neither what it was when it was copied nor what it
        is to be; be it another one, by which the tests might not pass.
    """
    changed = sorted(path for path in after if before.texts.get(path) != after[path])
    for name in changed:
        path = folder / name
        if path.resolve() != folder.resolve() / name:
            raise UserError(f"{path} is a link, which --apply does not write through.")
    was, there = before.files(before.texts), now.files(now.texts)
    wanted = {name: after[name].encode() for name in changed}
    to_be = {**was, **wanted}
    passed_over = {path.resolve() for path in ours}
    unfinished: list[pathlib.Path] = []
    for name in sorted({*was, *there}):
        path = folder / name
        same = there.get(name) in (was.get(name), to_be.get(name))
        if name not in was and _UNFINISHED.sub("", name) in wanted:
            unfinished.append(path)
        elif not same and (name in wanted or path.resolve() not in passed_over):
            raise UserError(
                f"{path} has changed since it was copied: apply the patch by hand."
            )
    for name in changed:
        if there[name] == wanted[name]:
            continue
        path = folder / name
        mode = stat.S_IMODE(path.stat().st_mode)
        with replacing(path) as whole:
            whole.write_bytes(wanted[name])
            whole.chmod(mode)
    for path in unfinished:
        path.unlink()
    return changed


def _walk(home: pathlib.Path, left_out: list[LeftOut]) -> Iterator[pathlib.Path]:
    """Files in order; links to folders are left out, so that no way goes in circles."""

    def on_error(error: OSError) -> None:
        name = os.path.relpath(error.filename or home, home)
        left_out.append(LeftOut(name, error.strerror or "cannot be read"))

    known = _known(home, "")
    for place, folders, names in os.walk(home, onerror=on_error):
        here = pathlib.Path(place)
        inside = "" if here == home else f"{here.relative_to(home).as_posix()}/"
        entries = {*folders, *names}
        own = [what for what, marks in _OUR_OWN.items() if marks <= entries]
        if own and inside:
            left_out.append(LeftOut(inside[:-1], own[0]))
            folders.clear()
            continue
        if known and inside and ".git" in entries:  # another repository in this one
            known |= _known(here, inside)
            if not any(path.startswith(inside) for path in known):
                left_out.append(LeftOut(inside[:-1], "git tells of no files in it"))
        kept = []
        for name in sorted(folders):
            path = f"{inside}{name}"
            if known and path not in known:
                continue
            if (here / name).is_symlink():
                left_out.append(LeftOut(path, "a link"))
            elif known or name not in _NOT_THE_SOURCE | _BUILT:
                kept.append(name)
            elif name in _INSTALLED | _BUILT:
                left_out.append(LeftOut(path, "it is called like what is made"))
        folders[:] = kept
        for name in sorted(names):
            if f"{inside}{name}" in known if known else name not in _NOT_THE_SOURCE:
                yield here / name


def _known(folder: pathlib.Path, inside: str) -> set[str]:
    """Files that git takes for source, and the folders that they lie in; none where it
    does not say, as of a folder that is ignored as a whole.

    Args:
      inside: what their paths begin with.
    """
    tree = worktree.look(folder)
    if tree is None:
        return set()
    others = (path for path in tree.others if not _made(path))
    found: set[str] = set()
    for path in (*tree.tracked, *others):
        while path and f"{inside}{path}" not in found:
            found.add(f"{inside}{path}")
            path = os.path.dirname(path)
    return found


def _made(path: str) -> bool:
    return not _NOT_THE_SOURCE.isdisjoint(path.split("/"))


def _unfit(path: pathlib.Path, home: pathlib.Path, largest_file: int) -> str:
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):
        return "a link to nowhere"
    if not target.is_relative_to(home):
        return "a link that leads out of the repository"
    if target != path and _made(target.relative_to(home).as_posix()):
        return "a link to what is no source"
    found = target.stat()
    if not stat.S_ISREG(found.st_mode):
        return "no file"
    if found.st_size > largest_file:
        return f"{found.st_size:,} bytes are too many"
    return ""
