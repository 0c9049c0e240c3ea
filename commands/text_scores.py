"""Scores a run of text on rows that it never saw: bits per byte, by language."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from commands import corpora, hints, provenance, tables
from commands.flags import CommandLine
from commands.reader import Reader, guessed
from commands.text_run import TextRun
from data_pipeline import batches, loader
from data_pipeline.programs import scenarios
from data_pipeline.progress import Progress
from data_pipeline.schema import Batch, UserError
from data_pipeline.text.special import Special
from eval.atomic import write_json

_FILE = "text_scores.json"


def run(line: CommandLine) -> int:
    """Prints and writes down how well the answers of the test split are predicted.

    The end of an answer has to be predicted too: it adds to the bits, not to the bytes.

    Raises:
      UserError: there is no test split, or the config is about writing.
    """
    text_run = TextRun.of(line)
    reader = Reader(text_run)
    for missing in text_run.left_out:
        print(missing)
    of_corpus = line.config.data.dataset == "corpus"
    if of_corpus and (told := corpora.seen_before(text_run.workdir)):
        print(told)
    test = text_run.dataset.test
    if not len(test):
        raise UserError("There is no test split: set data.num_test when you train.")
    examples, ratings = loader.read_rated(test, line.config.evaluation.examples)
    nats, exact = _read(reader, examples)
    sizes = _bytes(text_run, examples)
    found = {
        name: {
            "examples": int(rows.sum()),
            "bits_per_byte": _each(nats[rows].sum() / np.log(2), sizes[rows].sum()),
            "tokens_per_byte": _each(
                (examples.labels[rows] >= len(Special)).sum(), sizes[rows].sum()
            ),
            "exact_match": float(exact[rows].mean()),
        }
        for name, rows in _groups(examples, ratings).items()
    }
    path = pathlib.Path(line.flags.output or text_run.workdir / _FILE)
    content = {
        "step": text_run.step,
        "segments": text_run.segments,
        **provenance.provenance(line, text_run, examples),
        "scores": found,
    }
    write_json(path, content)
    print(_table(found))
    if told := guessed(text_run, _languages(examples)):
        print(f"\n{told}")
    print(f"\nReport: {path}")
    if hint := _next(text_run):
        print(hint)
    return 0


def _groups(examples: Batch, ratings: np.ndarray) -> dict[str, np.ndarray]:
    """Which examples, bool `[n]`, are told of together: all, each language's, and those
    of each difficulty that is known."""
    languages = np.array(_languages(examples))
    groups = {"all": np.ones(len(languages), bool)}
    groups |= {name: languages == name for name in sorted(set(languages))}
    levels = sorted(set(ratings.tolist()) - {0})
    return groups | {f"difficulty {level}": ratings == level for level in levels}


def _languages(examples: Batch) -> list[str]:
    return [Special(token).language for token in examples.inputs[:, 0]]


def _table(found: Mapping[str, Mapping[str, Any]]) -> str:
    head = ("", "examples", "bits per byte", "tokens per byte", "exact, read along")
    rows = [
        (
            name,
            f"{one['examples']:,}",
            _formatted(one["bits_per_byte"], ".4f"),
            _formatted(one["tokens_per_byte"], ".3f"),
            f"{one['exact_match']:.1%}",
        )
        for name, one in found.items()
    ]
    return tables.aligned([head, *rows])


def _next(run: TextRun) -> str:
    """How to see what the run writes by itself, in the languages that it has learned;
    nothing where it has learned none of those of the data."""
    data = run.config.data
    if data.direction == "backward":
        return hints.of_backward(run.workdir)
    languages = [one for one in run.learned.languages if one in data.languages]
    if not languages:
        return ""
    like = [f"--language={','.join(languages)}"]
    if data.dataset == "programs":  # as it has learned to be asked
        like.append(f"--scenario={','.join(data.scenarios or scenarios.USUAL)}")
        like += [f"--level={data.level}"] if data.level else []
    tasks = hints.command(
        "programs", "--split=test", "--limit=100", *like, "--output=FILE"
    )
    flags = f"--workdir={run.workdir}", "--data=FILE", "--output=DIR"
    grade = hints.command("benchmark", "programs", *flags)
    return f"What it writes by itself is graded by running it:\n  {tasks}\n  {grade}"


def _read(reader: Reader, examples: Batch) -> tuple[np.ndarray, np.ndarray]:
    total = len(examples.inputs)
    parts, done = [], 0
    with Progress("Reading") as progress:
        for batch in batches.split(examples, reader.at_once):
            parts.append(reader(batch))
            done += len(batch.inputs)
            progress(done, total)
    nats, exact = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return nats, exact


def _bytes(run: TextRun, examples: Batch) -> np.ndarray:
    """Of each row's answers; a special token has none."""
    return np.array(
        [
            len(run.tokenizer.decode(row[row >= len(Special)].tolist()))
            for row in examples.labels
        ]
    )


def _each(total: float, size: int) -> float | None:
    """For each byte; None where there are none, as of middles that are empty."""
    return float(total / size) if size else None


def _formatted(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
