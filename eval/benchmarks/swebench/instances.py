"""Instances and predictions, in the authors' formats."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from data_pipeline.schema import UserError
from eval.benchmarks import jsonl

FAIL_TO_PASS, PASS_TO_PASS = "FAIL_TO_PASS", "PASS_TO_PASS"
_FIELDS = ("instance_id", "repo", "base_commit", "problem_statement", "patch")
_SHOWN = re.compile(
    r"^\[start of (?P<path>[^\]\n]+)\]\n(?P<text>.*?)\n\[end of (?P=path)\]$",
    re.MULTILINE | re.DOTALL,
)


@dataclasses.dataclass(frozen=True)
class Instance:
    """Attributes:
    id: `instance_id`.
    repo: owner and name.
    issue: `problem_statement`.
    patch: the gold one.
    fail_to_pass: tests that must pass after the patch, and did not before; None where
      the file does not tell.
    pass_to_pass: tests that must go on passing; likewise.
    shown: files that the instance's prompt holds, as in `SWE-bench_oracle`, by path.
    """

    id: str
    repo: str
    issue: str
    patch: str
    fail_to_pass: tuple[str, ...] | None
    pass_to_pass: tuple[str, ...] | None
    shown: Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class Prediction:
    """Attributes:
    id: `instance_id`.
    model: `model_name_or_path`.
    patch: `model_patch`; None where the model gave none.
    """

    id: str
    model: str
    patch: str | None


def load(path: pathlib.Path) -> list[tuple[Instance, dict[str, Any]]]:
    """The instances of a file, each with its row as it stands.

    Raises:
      UserError: a row is malformed.
    """
    found = []
    for number, row in enumerate(jsonl.rows(path, _FIELDS), start=1):
        place = f"{path}, row {number}"
        for field in _FIELDS:
            if not isinstance(row[field], str):
                raise UserError(f"{place}: {field!r} must be a text.")
        instance = Instance(
            id=row["instance_id"],
            repo=row["repo"],
            issue=row["problem_statement"],
            patch=row["patch"],
            fail_to_pass=_tests(row, FAIL_TO_PASS, place),
            pass_to_pass=_tests(row, PASS_TO_PASS, place),
            shown=_shown(str(row.get("text", ""))),
        )
        found.append((instance, row))
    ids = [instance.id for instance, _ in found]
    twice = {one for one in ids if ids.count(one) > 1}
    if twice:
        raise UserError(f"{path} has {min(twice)!r} more than once.")
    return found


def _tests(row: Mapping[str, Any], field: str, place: str) -> tuple[str, ...] | None:
    """Names of tests: the authors publish the list as a text of JSON."""
    value = row.get(field)
    if value is None:
        return None
    try:
        names = json.loads(value) if isinstance(value, str) else value
    except ValueError as error:
        raise UserError(f"{place}: {field!r} is no JSON ({error}).") from error
    if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
        raise UserError(f"{place}: {field!r} must be a list of names.")
    return tuple(names)


def _shown(text: str) -> dict[str, str]:
    """The files in a prompt of the authors, without their line numbers.

    `make_code_text` of swebench/inference/make_datasets: each line is its number, a
    space and the line.
    """
    files = {}
    for found in _SHOWN.finditer(text):
        lines = found["text"].split("\n")
        numbered = [line.partition(" ") for line in lines]
        if all(part[0] == str(n) for n, part in enumerate(numbered, start=1)):
            lines = [part[2] for part in numbered]
        files[found["path"]] = "\n".join(lines)
    return files


def tagged(patch: str) -> str:
    """A patch as a model would answer it, so that all of it is found again."""
    tag = "diff" if "</patch>" in patch else "patch"
    return f"<{tag}>\n{patch}</{tag}>"


def write_predictions(path: pathlib.Path, predictions: Sequence[Prediction]) -> None:
    """Writes predictions, one a line, as the authors' harness reads them."""
    lines = [
        json.dumps(
            {
                "instance_id": one.id,
                "model_name_or_path": one.model,
                "model_patch": one.patch,
            }
        )
        for one in predictions
    ]
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
