"""`grade`: how hard each training example is to a run of text, for a curriculum."""

from __future__ import annotations

import itertools
import pathlib

import numpy as np

from commands import hints
from commands.flags import CommandLine
from commands.reader import Reader, guessed
from commands.text_run import TextRun
from data_pipeline.progress import Progress
from data_pipeline.schema import UserError
from data_pipeline.text import grades
from data_pipeline.text.special import Special
from eval.atomic import write_text


def run(line: CommandLine) -> int:
    """Writes the grades of the config's training examples to `--output`.

    An example is as hard as its answer is improbable. One that is too long for a row is
    the hardest; training leaves it out.

    Raises:
      UserError: there is no run of text, nothing to grade, or no place for the result.
    """
    if not line.flags.output:
        raise UserError("`grade` needs a file to write to: add --output=FILE.")
    path = pathlib.Path(line.flags.output)
    text_run = TextRun.of(line)
    losses, languages = _read(text_run)
    seen = np.isfinite(losses)
    if not seen.any():
        raise UserError(
            f"None of the {len(losses):,} training examples fits into a row of the "
            f"run, of data.seq_len = {text_run.config.data.seq_len} tokens: name data "
            "that are shorter, or grade with a run of longer rows."
        )
    found = grades.to_json(text_run.task.examples_digest, grades.of_losses(losses))
    write_text(path, found)
    bits = np.quantile(losses[seen], (0.1, 0.5, 0.9)) / np.log(2)
    print(
        f"{len(losses):,} examples graded in {path}; an answer takes {bits[1]:.2f} "
        f"bits ({bits[0]:.2f} of the easiest tenth, {bits[2]:.2f} of the hardest)."
    )
    if told := guessed(text_run, languages):
        print(told)
    print(
        "Train on them from easy to hard, with the config of these data:\n  "
        + hints.command(
            "train",
            "--config=FILE",
            "--workdir=NEW",
            "--config.data.curriculum=1",
            f"--config.data.grades={path}",
        )
    )
    return 0


def _read(run: TextRun) -> tuple[np.ndarray, set[str]]:
    """Nats of each training example, and the languages that these are in."""
    reader = Reader(run)
    # Of a corpus it counts files, of which each is some examples.
    data = run.config.data
    total = data.num_train if data.dataset != "corpus" else None
    losses: list[float] = []
    languages: set[str] = set()
    examples = run.task.training_examples()
    with Progress("Reading") as progress:
        while part := list(itertools.islice(examples, reader.at_once)):
            losses.extend(reader.nats(part).tolist())
            languages.update(Special(int(one.tokens[0])).language for one in part)
            progress(len(losses), total)
    return np.array(losses), languages
