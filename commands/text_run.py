"""The trained run of text in a workdir, ready to write."""

from __future__ import annotations

import dataclasses
import functools
import pathlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from commands import told
from commands.flags import CommandLine
from commands.loaded import Loaded
from configs import Config
from data_pipeline import datasets
from data_pipeline.schema import UserError
from data_pipeline.task import Dataset, LeftOut
from data_pipeline.text.task import TextTask
from data_pipeline.text.tokenizer import Tokenizer
from hrm_jax import experiment, saved_config
from hrm_jax.predictor import EvaluationConfig
from hrm_jax.run import Run
from hrm_jax.text import form, own_tokenizer
from hrm_jax.text.engine import Engine
from hrm_jax.text.form import Form
from hrm_jax.text.grammar import Grammars, Vocabulary
from hrm_jax.text.learned import Learned
from hrm_jax.text.served import Model
from hrm_jax.text.service import Service
from hrm_jax.train_state import TrainConfig


@dataclasses.dataclass(frozen=True)
class TextRun(Loaded):
    """Attributes:
    run: as it was trained.
    task: of the config of the command line, in the tokens of the run.
    config: as the command line has it.
    train_config: what the run was trained by, but for what generation may choose.
    evaluation: as the command line has it; the segments, if it says none of
      `evaluation`, as the run was configured with.
    form: of its answers, as it was trained and as the command line has it.
    """

    run: Run
    task: TextTask
    config: Config
    train_config: TrainConfig
    evaluation: EvaluationConfig
    form: Form

    @classmethod
    def of(cls, line: CommandLine) -> TextRun:
        """Loads the best checkpoint of the run in the workdir, or the `--latest`.

        Raises:
          UserError: there is no run of text, or the command line has another model or
            tokenizer.
        """
        run = Run.of(line.run, line.flags.latest)
        saved, tokenizer = run.config, run.tokenizer
        saved_config.require_same_model(line.config, line.run)
        evaluation = experiment.evaluation_config(line.config, saved)
        named = line.config.data.tokenizer
        if named not in ("", saved.data.tokenizer) and (
            Tokenizer.load(pathlib.Path(named)).sha256 != tokenizer.sha256
        ):
            raise UserError(
                f"The run in {line.run} knows the tokens of its own tokenizer.json, "
                f"but data.tokenizer is {named!r}, another one: leave it out."
            )
        path = line.run / own_tokenizer.FILE
        task = datasets.task({**line.config.data, "tokenizer": str(path)})
        if task.dimensions != run.task.dimensions or not isinstance(task, TextTask):
            raise UserError(
                f"The run in {line.run} reads {run.task.name} and no {task.name}: "
                "leave data.seq_len and data.vocab_size as they were in training."
            )
        if line.config.data.direction != saved.data.direction:
            raise UserError(
                f"The run in {line.run} reads {saved.data.direction}: leave "
                "data.direction as it was in training."
            )
        told.tell_complaints(run)
        model = dataclasses.replace(
            run.model, shared_cache=line.config.model.shared_cache
        )
        return cls(
            run,
            task,
            line.config,
            dataclasses.replace(run.train_config, model=model),
            evaluation,
            run.form.joined(form.of_config(line.config)),
        )

    @property
    def tokenizer(self) -> Tokenizer:
        return self.run.tokenizer

    @property
    def learned(self) -> Learned:
        """What it may be asked, whatever the command line says."""
        return self.run.learned

    @functools.cached_property
    def dataset(self) -> Dataset:
        """The data of the command line's config, made when they are first needed."""
        return self.task.prepare()

    @property
    def sources(self) -> Mapping[str, str]:
        return self.dataset.sources

    @property
    def left_out(self) -> Sequence[LeftOut]:
        return self.dataset.left_out

    @property
    def segments(self) -> int:
        """That each token is thought about."""
        return self.evaluation.max_segments

    def require_languages(self, asking: str, languages: Iterable[str]) -> None:
        """Raises unless it has learned every language that it is to write in.

        Args:
          asking: what asks for them, for people.

        Raises:
          UserError: it has not learned one of the languages.
        """
        if missing := self.learned.missing(languages):
            raise UserError(
                f"{asking} in {', '.join(missing)}, but the run in {self.workdir} has "
                f"learned only {', '.join(self.learned.languages)}: choose by "
                "--language, or take another run."
            )

    def engine(self, slots: int) -> Engine:
        """Generates with it.

        Args:
          slots: answers at once.

        Raises:
          UserError: see `Run.engine`.
        """
        return self.run.engine(slots, self.evaluation, self.train_config.model)

    def served(self, name: str, engine: Engine, slots: int) -> Model:
        """What a server answers with, its service not yet running.

        Args:
          name: that clients ask for.
          slots: of the engine.
        """
        config = self.train_config.model
        vocabulary = Vocabulary(self.tokenizer, config.vocab_size)
        return Model(
            name,
            f"step {self.step} {self.sha256[:12]}",
            Service(engine, self.tokenizer),
            self.tokenizer,
            config.seq_len,
            Grammars(vocabulary, slots),
            self.learned,
        )

    @property
    def settings(self) -> dict[str, Any]:
        """What of the config decides the answers."""
        evaluation = self.evaluation
        return {
            "segments": self.segments,
            "early_halting": evaluation.early_halting,
            "min_confidence": evaluation.min_confidence,
            "shared_cache": self.train_config.model.shared_cache,
            "drafts": evaluation.drafts,
        }

    @property
    def name(self) -> str:
        """For reports; of other weights another one."""
        return (
            f"{self.workdir.resolve().name} at step {self.step:,} ({self.sha256[:12]})"
        )
