"""A puzzle id for each augmentation of each ARC task."""

from __future__ import annotations

import functools
import hashlib

import numpy as np

from data_pipeline.arc import records
from data_pipeline.arc.augmentations import Augmentation, distinct_codes, from_code
from data_pipeline.arc.task_set import TaskSet
from data_pipeline.arc.tasks import Task
from data_pipeline.schema import UserError


class PuzzleTable:
    """Which augmentations each task has, and the puzzle ids of them.

    Augmentation 0 of a task is the task as it is; all others give different tasks. An
    augmentation is a function of the seed, the task and its number k alone, whatever
    other tasks there are and however many augmentations. The exam's answers have no
    part in it. Ids start at 1, task by task; 0 names no puzzle, as in HRM.

    An augmentation takes four bytes: its number in the group. Grids are transformed
    when they are asked for.

    Attributes:
      num_puzzles: rows that the table of puzzle vectors needs.
      counts: int64 `[tasks]`: augmentations of each task, the identity among them.
    """

    def __init__(self, tasks: TaskSet, augmentations: int, seed: int):
        """Args:
        augmentations: of each task beside the identity, where so many give different
          tasks; HRM and TRM take 1,000.

        Raises:
          UserError: `augmentations` is negative.
        """
        if augmentations < 0:
            raise UserError(
                f"There cannot be {augmentations} augmentations of an ARC task: choose "
                "0 or more."
            )
        codes = []
        for index, task in enumerate(tasks.all):
            name = hashlib.sha256(task.id.encode()).digest()
            rng = np.random.default_rng([seed, int.from_bytes(name[:8])])
            codes.append(distinct_codes(tasks.known(index), augmentations, rng))
        self.counts = np.array([len(c) for c in codes])
        self._codes = np.concatenate(codes)
        self._starts = np.cumsum(self.counts) - self.counts + 1
        self.num_puzzles = 1 + len(self._codes)
        self._tasks = tasks

    @functools.cached_property
    def sha256(self) -> str:
        """Of all that decides what each id means: ids and grids of the tasks, as far as
        `TaskSet.known` has them, in their order, and their augmentations."""
        found = hashlib.sha256()
        for index, task in enumerate(self._tasks.all):
            pairs = self._tasks.known(index)
            record = records.encode(Task(task.id, pairs, (), task.file))
            for part in (record["id"].encode(), record["shapes"], record["cells"]):
                found.update(hashlib.sha256(part).digest())
        found.update(self._codes.astype("<i4").tobytes())
        return found.hexdigest()

    def puzzle_id(self, task: int, k: int) -> int:
        """The id of augmentation k of a task, of which k must be one."""
        if not 0 <= k < self.counts[task]:
            raise IndexError(f"task {task} has {self.counts[task]} augmentations")
        return int(self._starts[task]) + k

    def augmentation(self, puzzle_id: int) -> Augmentation:
        return from_code(int(self._codes[puzzle_id - 1]))
