"""The trained run in a workdir, ready to answer."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import shutil
from collections.abc import Mapping

import numpy as np
from jax.sharding import Mesh

from commands import puzzle_record, told
from commands.flags import CommandLine
from commands.loaded import Loaded
from configs import Config
from data_pipeline import datasets, loader
from data_pipeline.arc.queries import Queries
from data_pipeline.arc.task import ArcTask
from data_pipeline.datasets import PuzzleTask
from data_pipeline.progress import OnProgress
from data_pipeline.schema import Batch, UserError
from data_pipeline.task import Dataset, LeftOut
from data_pipeline.unseen import unseen
from eval import kept, kinds, runner
from eval.arc import voting
from eval.arc.voting import Votes
from eval.kinds import Kind
from eval.protocol import Prediction, Predictor, Trace
from eval.report import Report
from hrm_jax import experiment, predictor, saved_config
from hrm_jax.predictor import EvaluationConfig
from hrm_jax.run import Run
from hrm_jax.train_state import TrainConfig

_UNFINISHED = "unfinished-evaluation"


@dataclasses.dataclass(frozen=True)
class Trained(Loaded):
    """Attributes:
    run: as it was trained.
    task: of the config.
    learned: the task that the run was trained with, where that is another one.
    config: as the command line has it; it may speak of other data.
    evaluation: as the command line has it.
    """

    run: Run
    task: PuzzleTask
    learned: PuzzleTask | None
    config: Config
    evaluation: EvaluationConfig

    @classmethod
    def of(cls, line: CommandLine) -> Trained:
        """Loads the best checkpoint of the run in the workdir, or the `--latest`.

        Raises:
          UserError: there is no run, its model is not the config's, its board is not
            that of the data, or its puzzles are not those of the files.
        """
        run = Run.of(line.run, line.flags.latest)
        saved_config.require_same_model(line.config, line.run)
        dataset = run.config.data.dataset
        task = trained_with = datasets.require_puzzles(run.task, dataset)
        puzzle_record.require_same(trained_with, line.run)
        if line.config.data != run.config.data:
            task = datasets.puzzles(line.config.data)
        if task.name != trained_with.name:
            raise UserError(
                f"The run in {line.run} was trained on a {trained_with.name} and can "
                f"answer no {task.name}: take data of the same board, or another run."
            )
        if isinstance(task, ArcTask) and isinstance(trained_with, ArcTask):
            task.require_same_puzzles(trained_with)
        told.tell_complaints(run)
        evaluation = experiment.evaluation_config(line.config)
        learned = None if task is trained_with else trained_with
        return cls(run, task, learned, line.config, evaluation)

    @property
    def train_config(self) -> TrainConfig:
        return self.run.train_config

    @property
    def mesh(self) -> Mesh:
        return self.run.mesh

    @functools.cached_property
    def kind(self) -> Kind:
        return kinds.of(self.task)

    @property
    def answered(self) -> bool:
        """Is there any test puzzle whose answer is known?"""
        return len(self._dataset.test) > 0

    def held_out(self, limit: int) -> Batch:
        """The first `limit` test puzzles, all of them if it is 0.

        Raises:
          UserError: the data is not there.
        """
        return loader.read_all(self._dataset.test, limit)

    def known(self, limit: int) -> Batch:
        """See `loader.read_known`."""
        return loader.read_known(self._dataset, limit)

    def held_out_rated(self, limit: int) -> tuple[Batch, np.ndarray]:
        """As `held_out`; and int32 `[n]`, how many guesses each puzzle needs."""
        return loader.read_rated(self._dataset.test, limit)

    @property
    def sources(self) -> Mapping[str, str]:
        """SHA-256 of the files that the puzzles come from, by path."""
        return self._dataset.sources

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """What is not among the puzzles."""
        return self._dataset.left_out

    @property
    def changed_files(self) -> list[str]:
        """Files that the run learned puzzles from, and that are others now."""
        return puzzle_record.changed_files(self.learned or self.task, self.workdir)

    @functools.cached_property
    def _dataset(self) -> Dataset:
        dataset = self.task.prepare()
        # Of ARC the tasks themselves tell.
        if self.learned is None or isinstance(self.task, ArcTask):
            return dataset
        return unseen(dataset, self.learned.prepare(), self.task)

    def report(
        self, examples: Batch, early_halting: bool, progress: OnProgress
    ) -> Report:
        """Scores the answers to examples, one attempt each."""
        predictor = self._predictor(early_halting)
        way = "halting" if early_halting else "all_segments"
        return self._report(predictor, way, examples, progress)

    def selected_report(self, examples: Batch, progress: OnProgress) -> Report:
        """Scores the answers selected from all restarts."""
        predictor = self.run.selector(self.evaluation)
        return self._report(predictor, "selected", examples, progress)

    def _report(
        self, predictor: Predictor, way: str, examples: Batch, progress: OnProgress
    ) -> Report:
        """Goes on where an evaluation of the same was killed."""
        rows = self._rows(len(examples.inputs))
        name = f"{way}-{self._fingerprint(examples, rows)}.npy"
        predictor = kept.remembering(predictor, self.workdir / _UNFINISHED / name)
        grade = self.kind.grade
        return runner.evaluate(predictor, examples, rows, grade, progress)

    def _fingerprint(self, examples: Batch, rows: int) -> str:
        """Of all that decides the answers but the way of answering."""
        device = self.mesh.devices.flat[0].device_kind
        setting = self.train_config, self.evaluation, rows, self.mesh.size, device
        found = hashlib.sha256(f"{self.sha256} {setting!r}".encode())
        for array in (examples.inputs, examples.puzzle_ids):
            found.update(np.asarray(array).tobytes())
        return found.hexdigest()[:16]

    def forget(self) -> None:
        """Deletes the answers that were kept in case the evaluation is killed."""
        shutil.rmtree(self.workdir / _UNFINISHED, ignore_errors=True)

    def vote(self, queries: Queries, votes: Votes, progress: OnProgress) -> None:
        """Adds the answers to ARC queries that are not among the votes yet."""
        predictor = self._predictor(self.evaluation.early_halting)
        voting.vote(predictor, queries, self._rows(len(queries)), progress, votes)

    def answer(self, inputs: np.ndarray, progress: OnProgress) -> Prediction:
        """Answers to boards `[n cells]`, each as soon as the model believes in it.

        With restarts it is the selected ones.
        """
        return self.run.answer(inputs, self.evaluation, progress)

    def trace(self, examples: Batch, progress: OnProgress) -> Trace:
        """The answers after each segment."""
        think = predictor.tracer(self.train_config, self.evaluation, self.mesh)
        return runner.trace(
            lambda batch: think(self.weights, batch),
            examples,
            self._rows(len(examples.inputs)),
            progress,
        )

    def _predictor(self, early_halting: bool) -> Predictor:
        return self.run.predictor(
            dataclasses.replace(self.evaluation, early_halting=early_halting)
        )

    def _rows(self, examples: int) -> int:
        return self.run.rows(self.evaluation, examples)
