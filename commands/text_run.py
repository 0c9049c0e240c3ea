"""The trained run of text in a workdir, ready to write."""

from __future__ import annotations

import dataclasses
import functools
import pathlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from commands import text_record
from commands.flags import CommandLine
from configs import Config
from data_pipeline import datasets
from data_pipeline.schema import UserError
from data_pipeline.task import Dataset, LeftOut
from data_pipeline.text.task import TextTask
from data_pipeline.text.tokenizer import Tokenizer
from hrm_jax import experiment, predictor, saved_config, sharding
from hrm_jax.predictor import EvaluationConfig, Weights
from hrm_jax.text import form, learned
from hrm_jax.text.engine import Engine
from hrm_jax.text.form import Form
from hrm_jax.text.grammar import Grammars, Vocabulary
from hrm_jax.text.learned import Learned
from hrm_jax.text.served import Model
from hrm_jax.text.service import Service
from hrm_jax.train_state import TrainConfig


@dataclasses.dataclass(frozen=True)
class TextRun:
    """Attributes:
    workdir: of the run.
    task: of the config of the command line, in the tokens of the run.
    config: as the command line has it.
    train_config: what the run was trained by, but for what generation may choose.
    evaluation: as the command line has it; the segments, if it says none of
      `evaluation`, as the run was configured with.
    tokenizer: that it was trained with.
    learned: what it may be asked, whatever the command line says.
    form: of its answers, as it was trained and as the command line has it.
    step: of the checkpoint.
    weights: the moving average where the run kept one.
    """

    workdir: pathlib.Path
    task: TextTask
    config: Config
    train_config: TrainConfig
    evaluation: EvaluationConfig
    tokenizer: Tokenizer
    learned: Learned
    form: Form
    step: int
    weights: Weights

    @classmethod
    def of(cls, line: CommandLine) -> TextRun:
        """Loads the best checkpoint of the run in the workdir, or the `--latest`.

        Raises:
          UserError: there is no run of text, or the command line has another model or
            tokenizer.
        """
        saved: Config = saved_config.load(line.run)
        trained_with = datasets.task(saved.data)
        if not isinstance(trained_with, TextTask):
            raise UserError(
                f"The run in {line.run} was trained on {trained_with.name} and writes "
                "no text: train one with --config=configs/text.py."
            )
        saved_config.require_same_model(line.config, line.run)
        evaluation = dataclasses.replace(
            experiment.evaluation_config(line.config),
            # A reinforced run's own steps have a single one: asked for are those that
            # its config says.
            max_segments=line.config.evaluation.max_segments
            or saved.halting.max_segments,
        )
        tokenizer = text_record.tokenizer_of(line.run)
        named = line.config.data.tokenizer
        if named not in ("", saved.data.tokenizer) and (
            Tokenizer.load(pathlib.Path(named)).sha256 != tokenizer.sha256
        ):
            raise UserError(
                f"The run in {line.run} knows the tokens of its own tokenizer.json, "
                f"but data.tokenizer is {named!r}, another one: leave it out."
            )
        path = line.run / text_record.TOKENIZER_FILE
        task = datasets.task({**line.config.data, "tokenizer": str(path)})
        if task.dimensions != trained_with.dimensions or not isinstance(task, TextTask):
            raise UserError(
                f"The run in {line.run} reads {trained_with.name} and no {task.name}: "
                "leave data.seq_len and data.vocab_size as they were in training."
            )
        if line.config.data.direction != saved.data.direction:
            raise UserError(
                f"The run in {line.run} reads {saved.data.direction}: leave "
                "data.direction as it was in training."
            )
        train_config = experiment.train_config(saved, task.dimensions)
        mesh = sharding.make_mesh(fsdp=1, tensor=1)
        schedule = experiment.depth_schedule(saved, train_config.model)
        step, weights = predictor.load(
            train_config, line.run, not line.flags.latest, mesh, schedule
        )
        model = dataclasses.replace(
            train_config.model, shared_cache=line.config.model.shared_cache
        )
        train_config = dataclasses.replace(train_config, model=model)
        return cls(
            line.run,
            task,
            line.config,
            train_config,
            evaluation,
            tokenizer,
            learned.of_run(line.run),
            form.of_run(line.run).joined(form.of_config(line.config)),
            step,
            weights,
        )

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
          UserError: answers would stop at segments whose cache is overwritten, or by
            a head that never learned, or the model cannot draft, or says prompts.
        """
        if self.form.backward:
            raise UserError(
                f"The run in {self.workdir} reads programs and says what was asked, "
                "from its end: it writes nothing, but `rerank` takes it as --backward."
            )
        evaluation, model = self.evaluation, self.train_config.model
        halts = evaluation.early_halting and self.segments > 1
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
            self._require_drafts()
        return Engine(
            model,
            self.weights.variables,
            slots,
            self.segments,
            known=self.tokenizer.vocab_size,
            min_confidence=evaluation.min_confidence if halts else None,
            drafts=evaluation.drafts,
        )

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

    def _require_drafts(self) -> None:
        model = self.train_config.model
        reason = ""
        if model.h_cycles < 2:
            reason = "the model has no second H-cycle to check drafts with"
        elif self.segments > 1:
            reason = "drafts are checked in one segment alone"
        elif model.shared_cache:
            reason = "model.shared_cache keeps nothing of the cycle that drafts"
        elif model.feedback != "none":
            reason = "model.feedback does not forget what was drafted in vain"
        if reason:
            raise UserError(
                f"evaluation.drafts is {self.evaluation.drafts}, but {reason}: "
                "set it to 0."
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

    @property
    def sha256(self) -> str:
        """Of the weights."""
        return predictor.sha256(self.weights)
