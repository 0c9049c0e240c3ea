"""Logs of tests that a harness has left in a folder, by instance and patch.

Either as the authors' harness leaves them, `<instance>/test_output.txt` at any depth
with `patch.diff`, `eval.sh`, `run_instance.log` and `report.json` beside it, or as
plain files `<instance>.log`, `<instance>.eval.log`, `<instance>.<model>.eval.log`.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from data_pipeline.schema import UserError
from eval.benchmarks.swebench import grading

LOG, PATCH, SCRIPT, REPORT = "test_output.txt", "patch.diff", "eval.sh", "report.json"
RUN = "run_instance.log"
RUNTIME = "Test runtime: {:_.2f} seconds"
_RUNTIME = re.compile(r"Test runtime: ([\d_]{1,12}\.\d\d) seconds")


class NoRecord(UserError):
    """There is no log of a patch; the message says why."""


@dataclasses.dataclass(frozen=True)
class Record:
    """Attributes:
    path: a folder of the authors' harness, or a plain log.
    """

    path: pathlib.Path

    @property
    def log(self) -> str | None:
        """What the tests wrote, its line ends as `open` reads them; None if they were
        not run."""
        return _read(self.path / LOG if self.path.is_dir() else self.path)

    @property
    def patch(self) -> str | None:
        """What was applied before the tests; None if that is not known."""
        try:
            # Not as a text: the line ends of a patch are its own.
            data = (self.path / PATCH).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return data.decode(errors="replace")

    @property
    def marked(self) -> bool:
        """Whether the script marked where the output of the tests begins and ends, as
        it does since swebench 3."""
        script = _read(self.path / SCRIPT)
        return script is None or grading.START in script

    @property
    def refused(self) -> bool:
        """Whether the harness says that the patch could not be applied."""
        return grading.NOT_APPLIED in (_read(self.path / RUN) or "")

    @property
    def seconds(self) -> float:
        """That the tests took, as the harness tells; 0 if it does not."""
        found = _RUNTIME.search(_read(self.path / RUN) or "")
        return float(found[1].replace("_", "")) if found else 0.0

    def report(self, instance: str) -> Mapping[str, Any] | None:
        """What the authors' own grading found; None if it left nothing."""
        try:
            found = json.loads(_read(self.path / REPORT) or "null")
        except ValueError:
            return None
        found = found.get(instance) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else None


class Records:
    """All logs of a folder.

    Raises:
      UserError: the folder is not there.
    """

    def __init__(self, folder: pathlib.Path, instances: Iterable[str]):
        known = set(instances)
        if not folder.is_dir():
            raise UserError(f"There is no folder {folder}.")
        self._folder = folder
        self._found: dict[str, list[Record]] = {}
        for path in sorted(folder.rglob("*")):
            if path.name in (LOG, RUN):
                name, record = path.parent.name, Record(path.parent)
            elif path.suffix == ".log" and path.is_file():
                name, record = _instance(path.name, known), Record(path)
            else:
                continue
            if name in known and record not in self._found.setdefault(name, []):
                self._found[name].append(record)

    def __len__(self) -> int:
        """How many instances have any."""
        return len(self._found)

    def of(self, instance: str, patch: str) -> Record:
        """The record of a patch.

        Raises:
          NoRecord: there is none, or it cannot be told which it is.
        """
        found = self._found.get(instance, [])
        patches = [record.patch for record in found]
        for record, applied in zip(found, patches, strict=True):
            if applied is not None and applied.strip() == patch.strip():
                return record
        unknown = [
            record
            for record, applied in zip(found, patches, strict=True)
            if applied is None
        ]
        if len(unknown) == 1:
            return unknown[0]
        if unknown:
            raise NoRecord(
                f"{self._folder} has several logs of {instance}: give the folder of "
                "one run."
            )
        if found:
            raise NoRecord(f"{found[0].path} is of another patch.")
        raise NoRecord(f"{self._folder} has no log of {instance}.")


def _instance(name: str, known: set[str]) -> str | None:
    """The longest known name that a file's name begins with, up to a dot."""
    parts = name.split(".")
    starts = (".".join(parts[:end]) for end in range(len(parts) - 1, 0, -1))
    return next((start for start in starts if start in known), None)


def _read(path: pathlib.Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return None
