"""A file of tasks: a goal in a repository each."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from data_pipeline.schema import UserError, require_text
from eval.benchmarks import jsonl
from eval.sandbox.program import check_paths
from hrm_jax.agent import repository
from hrm_jax.agent.repository import Repository
from hrm_jax.agent.settings import Settings

_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


class Task(NamedTuple):
    """A goal in a repository.

    Attributes:
      id: a name of a folder.
      goal: what is to be done.
      repo: the folder of the repository, or None.
      files: its texts by path, where there is no folder.
      test_command: "" where it is to be found.
      row: all of it, for whoever grades.
    """

    id: str
    goal: str
    repo: pathlib.Path | None
    files: Mapping[str, str]
    test_command: str
    row: Mapping[str, Any]

    def read(self, settings: Settings) -> Repository:
        """Its repository.

        Raises:
          UserError: see `repository.read`.
        """
        if self.repo is None:
            return Repository(self.files, {})
        return repository.read(
            self.repo, settings.largest_file, settings.largest_repository
        )


def load(path: pathlib.Path) -> list[Task]:
    """Reads tasks: JSON Lines with `id`, `goal`, and `repo` or `files` (contents by
    path); perhaps `test_command`. `planted.save` writes such files.

    A relative `repo` starts at the file's folder.

    Raises:
      UserError: a row is malformed, or two have one id.
    """
    found: dict[str, Task] = {}
    for number, row in enumerate(jsonl.rows(path, ("id", "goal")), start=1):
        place = f"{path}, row {number}"
        for field in ("id", "goal", "repo", "test_command"):
            if not isinstance(row.get(field, ""), str):
                raise UserError(f"{place}: {field!r} must be a text.")
        if not _ID.fullmatch(row["id"]):
            raise UserError(
                f"{place}: the id {row['id'][:40]!r} must be of letters, digits and "
                "_ . - alone, as it names a folder."
            )
        if row["id"] in found:
            raise UserError(f"{path}: the task {row['id']!r} is there twice.")
        files = row.get("files", {})
        texts = isinstance(files, dict) and all(
            isinstance(text, str) for text in files.values()
        )
        if not texts or bool(files) == bool(row.get("repo")):
            raise UserError(
                f"{place}: either 'repo', a folder, or 'files', texts by path, must be "
                "there."
            )
        check_paths(list(files))
        repo = path.parent / row["repo"] if row.get("repo") else None
        command = row.get("test_command", "")
        own = ("goal", row["goal"]), ("test_command", command)
        for what, text in (*own, *files.items()):
            require_text(f"{place}: {what!r}", text)
        found[row["id"]] = Task(row["id"], row["goal"], repo, files, command, row)
    return list(found.values())
