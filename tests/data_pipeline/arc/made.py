"""ARC tasks for tests: drawn by hypothesis, or read from the real files."""

import pathlib

import numpy as np
from hypothesis import strategies
from hypothesis.extra.numpy import arrays

from data_pipeline.arc import files
from data_pipeline.arc.augmentations import GROUP_SIZE, from_code
from data_pipeline.arc.puzzle_table import PuzzleTable
from data_pipeline.arc.task_set import TaskSet, task_set
from data_pipeline.arc.tasks import Pair, Task

# Few colours and small grids, so that symmetric tasks and coincidences are common.
small_grids = strategies.tuples(
    strategies.integers(1, 3), strategies.integers(1, 3)
).flatmap(lambda shape: arrays(np.uint8, shape, elements=strategies.integers(0, 3)))
grids = strategies.tuples(
    strategies.integers(1, 30), strategies.integers(1, 30)
).flatmap(lambda shape: arrays(np.uint8, shape, elements=strategies.integers(0, 9)))
pairs = strategies.lists(strategies.builds(Pair, small_grids, small_grids), min_size=1)
augmentations = strategies.integers(0, GROUP_SIZE - 1).map(from_code)


def grid(*rows: str) -> np.ndarray:
    """A grid written a digit a cell."""
    return np.array([[int(colour) for colour in row] for row in rows], np.uint8)


def some_task(name: str, seed: int, tests: int = 1, size: int = 4) -> Task:
    """A task of random grids, all answers known."""
    rng = np.random.default_rng(seed)

    def some_pair() -> Pair:
        return Pair(
            *(
                rng.integers(10, size=rng.integers(1, size + 1, 2), dtype=np.uint8)
                for _ in range(2)
            )
        )

    return Task(
        name,
        tuple(some_pair() for _ in range(3)),
        tuple(some_pair() for _ in range(tests)),
        "made.json",
    )


def some_tasks() -> TaskSet:
    """Four tasks to train on and three to evaluate on."""
    tasks = [some_task(f"task{n}", n, tests=1 + n % 2) for n in range(7)]
    return task_set(tasks[:4], tasks[4:])


def owner(table: PuzzleTable, puzzle_id: int) -> tuple[int, int]:
    """The task that a puzzle id is of, and which of its augmentations it is."""
    task = max(
        t for t in range(len(table.counts)) if table.puzzle_id(t, 0) <= puzzle_id
    )
    return task, puzzle_id - table.puzzle_id(task, 0)


ANSWERS_IN_TRAINING = ("070dd51e", "50a16a69")
"""Evaluation tasks of ARC-1 that are, up to augmentation, in its training set."""


def real_tasks(shared_data: pathlib.Path) -> dict[str, tuple[Task, ...]]:
    """The files in ../shared; answers of evaluation tasks as far as they are there."""
    folder = shared_data / "arc"

    def read(name: str) -> tuple[Task, ...]:
        return files.read(folder / f"{name}.json")

    def solved(name: str) -> tuple[Task, ...]:
        return files.read(
            folder / f"{name}_challenges.json", folder / f"{name}_solutions_dev.json"
        )

    return {
        "arc1": read("arc1_training"),
        "arc1_evaluation": solved("arc1_evaluation"),
        "arc2": read("arc2_training_minus_secret"),
        "arc2_evaluation": solved("arc2_evaluation"),
        "concept": read("conceptarc"),
        "concept_minimal": read("conceptarc_minimal"),
    }


def real_sets(shared_data: pathlib.Path) -> dict[str, TaskSet]:
    """The two published exams with what is trained on for them."""
    real = real_tasks(shared_data)
    return {
        "arc1": task_set(
            real["arc1"] + real["concept"],
            real["arc1_evaluation"],
            leave_out=ANSWERS_IN_TRAINING,
        ),
        "arc2": task_set(real["arc2"] + real["concept"], real["arc2_evaluation"]),
    }
