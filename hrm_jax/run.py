"""A trained run, from its folder to its answers: what notebooks and commands share."""

from __future__ import annotations

import dataclasses
import functools
import os
import pathlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from configs import Config
from data_pipeline import datasets
from data_pipeline.batches import unanswered
from data_pipeline.datasets import AnyTask
from data_pipeline.progress import OnProgress, silent
from data_pipeline.schema import UserError
from data_pipeline.text.rows import encode_question
from data_pipeline.text.task import TextTask
from data_pipeline.text.tokenizer import Tokenizer
from eval import runner
from eval.protocol import Prediction, Predictor
from hrm_jax import (
    checkpoint,
    experiment,
    predictor,
    quantization,
    saved_config,
    sharding,
)
from hrm_jax.checkpoint import StoredWeights
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.predictor import EvaluationConfig, Weights
from hrm_jax.text import form, learned, own_tokenizer
from hrm_jax.text.answers import answers
from hrm_jax.text.engine import Engine, Request
from hrm_jax.text.form import Form
from hrm_jax.text.learned import Learned
from hrm_jax.train_state import TrainConfig

_AT_ONCE = 64
"""Texts that are written at a time, at most."""


class Solution(NamedTuple):
    """An answer to a puzzle.

    Attributes:
      puzzle, solution: boards as text.
      problem: what is wrong with the solution by the rules; None if nothing is.
      segments: that the model took.
      confidence: that it had in the end, from 0 to 1.
    """

    puzzle: str
    solution: str
    problem: str | None
    segments: int
    confidence: float


@dataclasses.dataclass(frozen=True)
class Run:
    """Weights are read when they are first asked for.

    Attributes:
      workdir: its folder.
      latest: take the last checkpoint, not the best.
      config: that it was trained by.
      task: of its data.
      train_config: the config, typed.
      mesh: the devices that answer.
    """

    workdir: pathlib.Path
    latest: bool
    config: Config
    task: AnyTask
    train_config: TrainConfig
    mesh: Mesh

    @classmethod
    def of(cls, workdir: pathlib.Path, latest: bool) -> Run:
        """The run in a workdir.

        Raises:
          UserError: there is none, or it is of another version.
        """
        config: Config = saved_config.load(workdir)
        task = datasets.task(config.data)
        train_config = experiment.train_config(config, task.dimensions)
        mesh = sharding.make_mesh(fsdp=1, tensor=1)
        return cls(workdir, latest, config, task, train_config, mesh)

    @property
    def model(self) -> ReasonerConfig:
        return self.train_config.model

    @functools.cached_property
    def stored(self) -> StoredWeights:
        """What the checkpoint holds, on every device.

        Raises:
          UserError: there is no checkpoint that can be read, or it is of another model.
        """
        place = NamedSharding(self.mesh, P())
        best = not self.latest
        found = checkpoint.read_weights(self.workdir, self.model, best, place)
        if found is None:
            raise UserError(
                f"{self.workdir} holds no checkpoint yet; `python main.py "
                f"{saved_config.learner(self.config)} --workdir={self.workdir}` makes "
                "them."
            )
        return found

    @property
    def step(self) -> int:
        """Of the checkpoint."""
        return self.stored.step

    @functools.cached_property
    def weights(self) -> Weights:
        """What answers: the moving average where the run kept one; where it learned by
        quantised matrices, these."""
        _, variables, table, _ = self.stored
        return Weights(
            quantization.seen(self.train_config.quantization, variables), table
        )

    @functools.cached_property
    def sha256(self) -> str:
        """Of the weights."""
        return predictor.sha256(self.weights)

    @property
    def complaints(self) -> list[str]:
        """What is amiss with the checkpoints, a sentence each."""
        found = list(self.stored.complaints)
        schedule = experiment.depth_schedule(self.config, self.model)
        if schedule and self.step and not schedule.is_whole(self.step - 1):
            found.append(
                f"The checkpoint of step {self.step:,} has learned with fewer cycles "
                "than the model has (train.depths): its answers are poor until the run "
                "is trained to its end."
            )
        return found

    @functools.cached_property
    def evaluation(self) -> EvaluationConfig:
        """How it answers, by its config."""
        return experiment.evaluation_config(self.config)

    def predictor(self, evaluation: EvaluationConfig) -> Predictor:
        """From batches to answers, one attempt each."""
        predict = predictor.predictor(self.train_config, evaluation, self.mesh)
        return lambda batch: predict(self.weights, batch)

    def selector(self, evaluation: EvaluationConfig) -> Predictor:
        """From batches to the answers selected from all restarts."""
        predict = predictor.selector(self.train_config, evaluation, self.mesh)
        return lambda batch: predict(self.weights, batch)

    def rows(self, evaluation: EvaluationConfig, examples: int) -> int:
        """Rows of a batch: no more than needed, and as many for each device."""
        rows = min(evaluation.batch_size, examples)
        return -(-rows // self.mesh.size) * self.mesh.size

    def answer(
        self, inputs: np.ndarray, evaluation: EvaluationConfig, progress: OnProgress
    ) -> Prediction:
        """Answers to boards `[n cells]`, each as soon as the model believes in it.

        With restarts it is the selected ones.
        """
        # Powers of two: few shapes to compile for, whatever number of boards comes.
        rows = self.rows(evaluation, 1 << (len(inputs) - 1).bit_length())
        halting = dataclasses.replace(evaluation, early_halting=True)
        ask = self.selector if evaluation.restarts > 1 else self.predictor
        return runner.predict(ask(halting), unanswered(inputs), rows, progress)

    def solve(self, puzzles: Sequence[str]) -> list[Solution]:
        """Solves puzzles.

        Args:
          puzzles: boards as text, a character a cell, row by row.

        Raises:
          UserError: the run is of no boards, or a puzzle is none.
        """
        dataset = self.config.data.dataset
        task = datasets.require_boards(self.task, dataset, "solve")
        boards = []
        for number, text in enumerate(puzzles, 1):
            try:
                boards.append(task.encode([task.clean(text)])[0])
            except ValueError as error:
                raise UserError(
                    f"Puzzle {number} {error}: {self.workdir} solves a {task.name}, "
                    f"written as {task.notation}."
                ) from error
        if not boards:
            return []
        found = self.answer(np.stack(boards), self.evaluation, silent)
        texts = zip(
            task.decode(np.stack(boards)), task.decode(found.answers), strict=True
        )
        return [
            Solution(*text, task.flaw(board, answer), int(segments), float(confidence))
            for text, board, answer, segments, confidence in zip(
                texts, boards, *found, strict=True
            )
        ]

    @functools.cached_property
    def tokenizer(self) -> Tokenizer:
        """Raises: UserError: it is a run of no text, or the file is another one."""
        if not isinstance(self.task, TextTask):
            raise UserError(
                f"The run in {self.workdir} was trained on {self.task.name} and writes "
                "no text: train one with --config=configs/text.py."
            )
        return own_tokenizer.of_run(self.workdir)

    @functools.cached_property
    def learned(self) -> Learned:
        """What it may be asked."""
        return learned.of_run(self.workdir)

    @functools.cached_property
    def form(self) -> Form:
        """How it says what it says."""
        return form.of_run(self.workdir)

    def engine(
        self, slots: int, evaluation: EvaluationConfig, model: ReasonerConfig
    ) -> Engine:
        """Generates with it.

        Args:
          slots: answers at once.
          model: its own, but for what generation may choose.

        Raises:
          UserError: answers would stop at segments whose cache is overwritten, or by
            a head that never learned, or the model cannot draft, or says prompts.
        """
        if self.form.backward:
            raise UserError(
                f"The run in {self.workdir} reads programs and says what was asked, "
                "from its end: it writes nothing, but `rerank` takes it as --backward."
            )
        halts = evaluation.early_halting and evaluation.max_segments > 1
        # Who was reinforced goes on from a run that may have learned it.
        drawn = self.config.rl.objective != "none"
        if halts and not self.train_config.loss.halt_weight and not drawn:
            raise UserError(
                f"The run in {self.workdir} was trained with loss.halt_weight=0, and "
                "never learned when an answer is right: leave evaluation.early_halting "
                "out, or train one with data.pack=False and loss.halt_weight=1."
            )
        if halts and model.shared_cache:
            raise UserError(
                "model.shared_cache keeps the last segment's keys and values alone, "
                "but evaluation.early_halting may stop before it: set one of them only."
            )
        if evaluation.drafts:
            _require_drafts(evaluation, model)
        return Engine(
            model,
            self.weights.variables,
            slots,
            evaluation.max_segments,
            known=self.tokenizer.vocab_size,
            min_confidence=evaluation.min_confidence if halts else None,
            drafts=evaluation.drafts,
        )

    def generate(
        self,
        prompts: Sequence[str],
        language: str = "",
        max_tokens: int = 256,
        temperature: float = 0.0,
        top_p: float = 1.0,
        seed: int = 0,
    ) -> list[str]:
        """Writes an answer to each prompt.

        Args:
          language: of the answers; "" for the usual one of the run.
          max_tokens: of an answer, at most.
          temperature, top_p: see `sampling.sample`; 0 takes the most probable token.
          seed: of the first answer; each further one takes the next.

        Raises:
          UserError: the run writes no text, or not in that language, or a prompt leaves
            no room for an answer.
        """
        tokenizer, language = self.tokenizer, language or self.learned.usual
        if missing := self.learned.missing([language]):
            raise UserError(
                f"The run in {self.workdir} has not learned {missing[0]}: choose of "
                f"{', '.join(self.learned.languages)}."
            )
        requests = [
            Request(
                encode_question(language, prompt, tokenizer, ""),
                max_tokens,
                temperature,
                top_p,
                seed + number,
            )
            for number, prompt in enumerate(prompts)
        ]
        if not requests:
            return []
        slots = min(len(requests), _AT_ONCE)
        engine = self.engine(slots, self.evaluation, self.model)
        found = dict(answers(engine, requests))
        return [
            tokenizer.decode(found[place].said).decode(errors="replace")
            for place in range(len(requests))
        ]


def _require_drafts(evaluation: EvaluationConfig, model: ReasonerConfig) -> None:
    reason = ""
    if model.h_cycles < 2:
        reason = "the model has no second H-cycle to check drafts with"
    elif evaluation.max_segments > 1:
        reason = "drafts are checked in one segment alone"
    elif model.shared_cache:
        reason = "model.shared_cache keeps nothing of the cycle that drafts"
    elif model.feedback != "none":
        reason = "model.feedback does not forget what was drafted in vain"
    if reason:
        raise UserError(
            f"evaluation.drafts is {evaluation.drafts}, but {reason}: set it to 0."
        )


def load(workdir: str | os.PathLike[str], latest: bool = False) -> Run:
    """The run in a folder, its weights read.

    Args:
      latest: take the last checkpoint, not the best.

    Raises:
      UserError: there is none, or it cannot be read.
    """
    run = Run.of(pathlib.Path(workdir), latest)
    _ = run.weights
    return run
