"""Runs the authors' own harness, the package `swebench`, in Docker."""

from __future__ import annotations

import json
import pathlib
import subprocess
from collections.abc import Sequence

from data_pipeline.schema import UserError
from eval.benchmarks.problem import Problem
from eval.benchmarks.swebench import spec

_ASK = """\
import importlib.metadata, importlib.util
if importlib.util.find_spec("swebench") is None:
    raise SystemExit(3)
import docker
docker.from_env().ping()
print(importlib.metadata.version("swebench"))
"""
_ASK_SECONDS = 120
_NO_PACKAGE = 3
_ELSEWHERE = (
    "the authors' harness can run on predictions.jsonl on another machine, and --logs "
    "reads what it leaves"
)


def version(python: str) -> str:
    """The version of the package, once Docker has answered it.

    Args:
      python: the interpreter that has the package.

    Raises:
      UserError: one of them is not there.
    """
    try:
        asked = subprocess.run(
            [python, "-c", _ASK],
            capture_output=True,
            text=True,
            timeout=_ASK_SECONDS,
            check=False,
        )
    except OSError as error:
        raise UserError(
            f"{python} cannot be started ({error.strerror}): give --harness_python an "
            "interpreter."
        ) from error
    except subprocess.TimeoutExpired as error:
        raise UserError(
            f"Docker has not answered for {_ASK_SECONDS} seconds; {_ELSEWHERE}."
        ) from error
    if asked.returncode == _NO_PACKAGE:
        raise UserError(
            f"--harness=docker needs the package swebench, which {python} does not "
            "have: pip install swebench==5.0.2 there, or --harness_python=PYTHON."
        )
    if asked.returncode:
        said = (asked.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise UserError(
            f"--harness=docker needs a Docker daemon that answers ({said[:200]}): "
            f"start one; or {_ELSEWHERE}."
        )
    return asked.stdout.strip()


def command(
    python: str,
    instances: pathlib.Path,
    predictions: pathlib.Path,
    run: str,
    workers: int,
    seconds: int,
) -> list[str]:
    """The command line of `swebench.harness.run_evaluation`, as of versions 4 and 5.

    Args:
      instances, predictions: files in the authors' formats, .jsonl.
      run: its name: logs go to logs/run_evaluation/RUN of the folder it starts in.
      seconds: for the tests of an instance.
    """
    return [
        *(python, "-m", "swebench.harness.run_evaluation"),
        f"--dataset_name={instances}",
        "--split=test",
        f"--predictions_path={predictions}",
        f"--max_workers={workers}",
        f"--timeout={seconds}",
        f"--run_id={run}",
        "--report_dir=.",
    ]


def check(problems: Sequence[Problem], package: str) -> None:
    """Holds rows to what the package needs of them.

    Raises:
      UserError: since version 5 a row must tell its image and script.
    """
    if int(package.partition(".")[0]) < 5:
        return
    for problem in problems:
        try:
            spec.of(problem.row)
        except spec.NoSpec as error:
            raise UserError(
                f"{problem.id}: {error} With older files, swebench==4.1.0 will do."
            ) from error


def write_instances(path: pathlib.Path, problems: Sequence[Problem]) -> None:
    """Writes the rows of problems, one a line."""
    lines = [json.dumps(dict(problem.row)) + "\n" for problem in problems]
    path.write_text("".join(lines), encoding="utf-8")


def run(line: Sequence[str], folder: pathlib.Path) -> None:
    """Runs a command of `command` in a folder; what it has done already it passes over.

    Raises:
      UserError: it failed as a whole.
    """
    # What it tells is for people, and our own standard output is the report.
    with (folder / "harness.log").open("ab") as told:
        ended = subprocess.run(
            list(line), cwd=folder, stdout=told, stderr=told, check=False
        )
    if ended.returncode:
        raise UserError(
            f"The authors' harness ended with code {ended.returncode}; "
            f"{folder / 'harness.log'} says why."
        )
