"""ARC as a task: of the files that a config names."""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Iterator

import numpy as np

from data_pipeline.arc import codec, contamination, library, roles
from data_pipeline.arc.examples import Drawn, Questions
from data_pipeline.arc.puzzle_table import PuzzleTable
from data_pipeline.arc.queries import Queries
from data_pipeline.arc.roles import Roles
from data_pipeline.arc.tasks import Task, require_distinct
from data_pipeline.config import DataConfig
from data_pipeline.schema import UserError
from data_pipeline.task import Dataset, Dimensions, LeftOut


class ArcTask:
    """See `Task`.

    Attributes:
      size: of the canvas; known before the files are read, as the vocabulary is.
    """

    def __init__(self, config: DataConfig):
        self._config = config
        self.size = config.max_size
        self._directory = pathlib.Path(config.directory)

    @property
    def dimensions(self) -> Dimensions:
        size = self.size
        # A "box" is a row: the canvas has none.
        rows = self._table.num_puzzles
        return Dimensions(codec.VOCAB_SIZE, size**2, rows, 1, size)

    @property
    def name(self) -> str:
        return f"{self.size}x{self.size} ARC canvas"

    def files(self) -> dict[str, pathlib.Path]:
        paths = [
            path
            for origins in self._origins.values()
            for origin in origins
            for path in origin.paths
        ]
        return {str(path): path for path in paths}

    def prepare(self) -> Dataset:
        config, found, table = self._config, self._roles, self._table
        size = self.size
        return Dataset(
            train=Drawn(found.trained, table, size, config.augment),
            validation=Questions(found.held_out, table, size),
            test=Questions(found.examined, table, size),
            sources=self.all_sources(),
            notes=tuple(self._notes()),
            left_out=tuple(one for one in self._left_out() if one.count),
        )

    def decode(self, tokens: np.ndarray) -> list[str]:
        """Turns canvases `[n cells]` into text: rows of colours, a digit each."""
        return [
            "/".join("".join(map(str, row)) for row in codec.decode(canvas).tolist())
            for canvas in tokens
        ]

    @property
    def exam(self) -> tuple[Task, ...]:
        """The tasks to be evaluated on that fit on the canvas."""
        return self._roles.exam

    @property
    def whole_exam(self) -> tuple[Task, ...]:
        """All tasks to be evaluated on, however large, and those left out too: what
        a training must not see may be scored. Other files are not needed.

        Raises:
          UserError: a file is missing or malformed, or two tasks have the same id.
        """
        named = {library.EVALUATION: self._config.arc_evaluation}
        tasks = library.read(library.origins(named)[library.EVALUATION])
        require_distinct(tasks)
        return tasks

    def queries(self, augmentations: int) -> Queries:
        """What is asked of a model in the exam.

        Args:
          augmentations: beside the identity, as far as the config has so many.

        Raises:
          UserError: there is nothing to evaluate on.
        """
        return Queries(self._roles.examined, self._table, self.size, augmentations)

    def all_sources(self) -> dict[str, str]:
        """SHA-256 of all files by path."""
        return {
            path: sha
            for by_path in self.sources().values()
            for path, sha in by_path.items()
        }

    def sources(self) -> dict[str, dict[str, str]]:
        """SHA-256 of the files by path, of "training" and of "evaluation"."""
        return library.sources(self._origins, self._directory)

    @property
    def puzzles_sha256(self) -> str:
        """See `PuzzleTable.sha256`."""
        return self._table.sha256

    def require_same_puzzles(self, trained: ArcTask) -> None:
        """May a model that was trained on the one be asked the other?

        Raises:
          UserError: the training had seen answers, or chosen its checkpoint by them;
            or puzzle ids would mean other puzzles. Only answers may be added.
        """
        if self is trained:  # its roles are asked about each other when they are made
            return
        known = trained._roles.training + trained._roles.validation
        contamination.require_unseen(known, self._roles.exam)
        same = self.puzzles_sha256 == trained.puzzles_sha256
        if not same or self.size != trained.size:
            raise UserError(
                "The run was trained with other ARC tasks or augmentations, of which "
                "it has a vector each, than the config now says: leave data.* as it "
                "was, except for solutions added to data.arc_evaluation."
            )

    def _notes(self) -> Iterator[str]:
        found = self._roles
        yield (
            f"{len(found.training):,} ARC tasks train with all their pairs, and "
            f"{len(found.validation) + len(found.exam):,} with their demonstrations."
        )
        back = self._config.num_validation - len(found.validation)
        if back:
            yield (
                "Tasks drawn for validation, but trained on all the same, since other "
                f"training tasks hold their answers: {back:,}."
            )

    def _left_out(self) -> Iterator[LeftOut]:
        """Tasks of which nothing is used; and tests that are no puzzle of the test
        split, though they are asked for the votes, where a known answer counts."""
        found, large = self._roles, f"larger than {self.size}x{self.size}"
        learned = len(found.training) + len(found.validation)
        for what, kept, count in (
            ("training tasks", learned, found.left_out[0]),
            ("evaluation tasks", len(found.exam), found.left_out[1]),
        ):
            yield LeftOut(count, kept + count, what, large)
        named = len(set(self._config.arc_leave_out))
        everything = len(self._tasks[library.EVALUATION])
        why = "named by data.arc_leave_out"
        yield LeftOut(named, everything, "evaluation tasks", why)
        answers = [test.output for task in found.exam for test in task.tests]
        known = [answer for answer in answers if answer is not None]
        over = sum(max(answer.shape) > self.size for answer in known)
        what, fail = "evaluation tests", "which the votes count as failed"
        yield LeftOut(over, len(answers), what, f"answers {large}, {fail}")
        unknown = len(answers) - len(known)
        yield LeftOut(unknown, len(answers), what, "answers not known")

    @functools.cached_property
    def _origins(self) -> dict[str, list[library.Origin]]:
        config = self._config
        return library.origins(
            {
                library.TRAINING: config.arc_training,
                library.EVALUATION: config.arc_evaluation,
            }
        )

    @functools.cached_property
    def _tasks(self) -> dict[str, tuple[Task, ...]]:
        return library.tasks(self._origins, self._directory)

    @functools.cached_property
    def _roles(self) -> Roles:
        config = self._config
        return roles.assign(
            self._tasks[library.TRAINING],
            self._tasks[library.EVALUATION],
            config.arc_leave_out,
            config.max_size,
            config.num_validation,
            config.seed,
        )

    @functools.cached_property
    def _table(self) -> PuzzleTable:
        config = self._config
        return PuzzleTable(self._roles.trained, config.augmentations, config.seed)
