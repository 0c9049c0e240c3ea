"""`verify`: does a package answer as the run does that it was made of?"""

from __future__ import annotations

import dataclasses
import pathlib
import time
from typing import Any

import numpy as np

from commands import model_card, tables, text_answers
from commands.flag_values import number
from commands.flags import CommandLine
from commands.packaged import Packaged
from commands.text_answers import Asked
from commands.text_run import TextRun
from commands.trained import Trained
from data_pipeline.progress import Progress
from data_pipeline.schema import UserError
from eval import runner, statistics
from eval.atomic import write_json
from hrm_jax.export import package
from hrm_jax.predictor import EvaluationConfig

_PUZZLES, _TEXTS = 200, 50
_SAME = 0.99
"""Share of answers that are to be the run's where no weight is rounded."""
_CHANCE = 0.01
"""A package that solves less is at fault where chance would do this more seldom."""


def run(line: CommandLine) -> int:
    """Prints and writes into the package how its answers compare with its run's.

    Card and checksums of the package follow.

    Returns:
      0, or 1 if they are worse than chance explains.

    Raises:
      UserError: package or run are missing, damaged, or not of each other.
    """
    if line.package is None or line.workdir is None:
        raise UserError(
            "`verify` checks a package against its run: give --package=FOLDER and "
            "--workdir=RUN."
        )
    packaged = Packaged.of(line.package)
    began = time.monotonic()
    if packaged.manifest["task"]["kind"] == "text":
        run = TextRun.of(line)
        _require_own(line, packaged, run.sha256)
        evaluation = _stopping(run.evaluation, packaged)
        run = dataclasses.replace(run, evaluation=evaluation)
        asked = text_answers.ask(
            run, line.package, int(number(line.flags, "limit", _TEXTS, whole=True))
        )
    else:
        trained = Trained.of(line)
        _require_own(line, packaged, trained.sha256)
        asked = _boards(
            trained, packaged, int(number(line.flags, "limit", _PUZZLES, whole=True))
        )
    result = _compared(asked)
    result |= {"seconds": round(time.monotonic() - began, 2)}
    write_json(line.package / package.VERIFICATION, result)
    model_card.write(line.package, packaged.manifest)
    package.seal(line.package, packaged.manifest)
    print(_table(result))
    fault = _fault(result, packaged.manifest["bits"])
    print(fault or verdict(result["same_answer"], line.run))
    return 1 if fault else 0


def verdict(same: float, run: pathlib.Path) -> str:
    """Of a package that is not at fault.

    Args:
      same: share of its answers that are its run's.
    """
    if same == 1:
        return f"The package answers as {run} does."
    return (
        f"{same:.1%} of its answers are those of {run}, and it solves no fewer than "
        "chance explains."
    )


def _require_own(line: CommandLine, packaged: Packaged, sha256: str) -> None:
    source = packaged.manifest["source"]
    if source["weights_sha256"] != sha256:
        raise UserError(
            f"{line.package} was made of other weights, those of step "
            f"{source['step']:,} of {source['run']}, than {line.run} has: export it "
            "again, or name the run that it is of."
        )


def _stopping(evaluation: EvaluationConfig, packaged: Packaged) -> EvaluationConfig:
    """By the rule of the package, whatever the run's is now."""
    halting = packaged.manifest["halting"]
    confidence = halting["min_confidence"]
    return dataclasses.replace(
        evaluation,
        max_segments=halting["max_segments"],
        early_halting=confidence is not None,
        min_confidence=confidence or 0.0,
    )


def _boards(trained: Trained, packaged: Packaged, limit: int) -> Asked:
    """The answers of both."""
    evaluation = _stopping(trained.evaluation, packaged)
    trained = dataclasses.replace(trained, evaluation=evaluation)
    examples = trained.held_out(limit)
    with Progress("Asking the run") as progress:
        true = trained.answer(examples.inputs, progress)
    with Progress("Asking the package") as progress:
        found = packaged.answer(examples.inputs, progress)
    return Asked("test", examples, true, found)


def _compared(asked: Asked) -> dict[str, Any]:
    split, examples, true, found = asked
    one, other = (
        runner.score(examples, answers, lambda *_: {}) for answers in (true, found)
    )
    paired = statistics.paired(one["exact_match"], other["exact_match"])
    return {
        "puzzles": len(examples.inputs),
        "split": split,
        "exact_match": _pair(one, other, "exact_match"),
        "token_accuracy": _pair(one, other, "token_accuracy"),
        "segments": [float(answers.segments.mean()) for answers in (true, found)],
        "same_answer": float((true.answers == found.answers).all(1).mean()),
        "same_segments": float((true.segments == found.segments).mean()),
        "only_run_solves": paired.only_first,
        "only_package_solves": paired.only_second,
        "p_value": paired.p_value(),
    }


def _pair(one: dict, other: dict, name: str) -> list[float]:
    return [float(np.mean(scores[name])) for scores in (one, other)]


def _table(result: dict[str, Any]) -> str:
    def row(name: str, key: str, form: str) -> tuple[str, ...]:
        return (name, *(format(value, form) for value in result[key]))

    table = tables.aligned(
        [
            (f"{result['puzzles']:,} {result['split']} examples", "run", "package"),
            row("exact match", "exact_match", ".1%"),
            row("tokens right", "token_accuracy", ".1%"),
            row("segments", "segments", ".2f"),
        ]
    )
    return (
        f"{table}\nThe same answer to {result['same_answer']:.1%}, after as many "
        f"segments to {result['same_segments']:.1%}."
    )


def _fault(result: dict[str, Any], bits: int) -> str | None:
    if bits > 8 and result["same_answer"] < _SAME:
        return (
            f"At fault: floats of {bits} bits, but other answers than the run's to "
            f"{1 - result['same_answer']:.1%} of the puzzles."
        )
    fewer = result["only_run_solves"] > result["only_package_solves"]
    if fewer and result["p_value"] < _CHANCE:
        return (
            f"At fault: {result['only_run_solves']} puzzles are solved by the run "
            f"alone, {result['only_package_solves']} by the package alone (p = "
            f"{result['p_value']:.2g}): take more --bits, or --rounding=mixed."
        )
    return None
