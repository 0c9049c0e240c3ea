"""Tasks of the training split as a policy is asked them, and how answers are judged."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from configs import Config
from data_pipeline.programs import generator, scenarios
from data_pipeline.programs.behaviour import Split
from data_pipeline.schema import UserError
from data_pipeline.text import rows as text_rows
from data_pipeline.text.example import Example
from data_pipeline.text.lintseq import sequence as lintseq
from data_pipeline.text.tokenizer import Tokenizer
from eval.benchmarks import grading
from eval.benchmarks.synthetic import rows, trial, verdict
from eval.benchmarks.synthetic.verdict import Verdict
from eval.sandbox import pool
from eval.sandbox.sandbox import Sandbox
from hrm_jax import saved_config
from hrm_jax.rl import journal
from hrm_jax.rl.mistakes import AskRepair
from hrm_jax.rl.rounds import Drawn, Exercise, Judge
from hrm_jax.text.answers import Answer


def exercises(
    config: Config, tokenizer: Tokenizer, split: Split, first: int, count: int
) -> list[Exercise]:
    """Tasks as `data_pipeline.text.programs` draws them, those whose answer has room.

    Args:
      first: number of the first in its split.

    Raises:
      UserError: none has.
    """
    data = config.data
    found = []
    for index in range(first, first + count):
        scene = scenarios.draw(
            data.seed, split, index, data.level, data.scenarios, data.languages
        )
        exercise = _exercise(rows.row(scene), tokenizer, data.seq_len)
        if exercise is not None:
            found.append(exercise)
    if not found:
        raise UserError(
            f"None of {count} tasks fits into data.seq_len = {data.seq_len} tokens "
            "with its answer: take more rounds.tasks, or easier ones by data.level."
        )
    return found


def _exercise(
    row: Mapping[str, Any], tokenizer: Tokenizer, seq_len: int
) -> Exercise | None:
    """A row as it is asked; None where its answer has no room."""
    example = Example(row["language"], row["prompt"], row["response"])
    encoded = text_rows.encode(example, tokenizer)
    if encoded.places > seq_len:
        return None
    tokens = encoded.tokens.tolist()
    return Exercise(row, tokens[: encoded.prompt], tokens[encoded.prompt :])


def repair_asker(config: Config, tokenizer: Tokenizer) -> AskRepair:
    """Asks about wrong answers as prompts of repair do."""

    def ask_repair(exercise: Exercise, drawn: Drawn) -> Exercise | None:
        source = _program(drawn.answer, tokenizer)
        asked = trial.repair_prompt(exercise.row, source, drawn.verdict.failure)
        row = {
            **exercise.row,
            "id": f"{exercise.row['id']}-mistake-{drawn.place}",
            "scenario": "repair",
            "prompt": asked,
            "before": source,
        }
        return _exercise(row, tokenizer, config.data.seq_len)

    return ask_repair


def _program(answer: Answer, tokenizer: Tokenizer) -> str:
    return lintseq.program(tokenizer.decode(answer.said).decode(errors="replace"))


def rounds_of(
    config: Config, tokenizer: Tokenizer
) -> Callable[[int], Sequence[Exercise]]:
    """The tasks of each round, by the number of its first in the training split."""
    return lambda first: exercises(
        config, tokenizer, "train", first, config.rounds.tasks
    )


def first_unseen(workdir: pathlib.Path) -> int:
    """The number of the first task of the training split behind all that a run, and
    those that it began with as far as they are there, may have learned from: examples,
    and tasks that they answered themselves. What such a task asks for may have been
    asked by another one before: that is how the split is.

    Raises:
      UserError: there is no such run, or one of them cannot be read.
    """
    seen = 0
    for run, config in saved_config.lineage(workdir):
        if config.data.dataset == "programs":
            seen = max(seen, config.data.num_train)
        numbers = map(generator.number_of, journal.asked(run))
        seen = max(seen, 1 + max(numbers, default=-1))
    return seen


def judge_in(sandbox: Sandbox, tokenizer: Tokenizer, workers: int) -> Judge:
    """Executes answers in a sandbox, many at once.

    Args:
      workers: how many; 0 for what the sandbox takes.
    """

    def work(item: tuple[Exercise, Answer]) -> Verdict:
        exercise, answer = item
        text = _program(answer, tokenizer)
        return grading.persistently(
            lambda: verdict.judge(exercise.row, text, not answer.ended, sandbox)
        )

    def judge(
        jobs: Iterable[tuple[int, tuple[Exercise, Answer]]],
    ) -> Iterator[tuple[int, Verdict]]:
        for one in pool.finished(sandbox, jobs, work, workers or None):
            if isinstance(one.error, UserError):
                raise one.error
            if one.result is None:
                raise UserError(
                    f"An answer could not be executed ({one.error}); the same command "
                    "tries it again."
                )
            yield one.key, one.result

    return judge
