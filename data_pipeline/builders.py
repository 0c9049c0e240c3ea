"""Puzzles as TensorFlow Datasets: prepared once, versioned, read without TensorFlow.

Importing this takes seconds; the tasks do it when it is needed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import logging
import pathlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

import numpy as np
import tensorflow_datasets as tfds

from data_pipeline.loader import in_memory
from data_pipeline.puzzles import Puzzles
from data_pipeline.schema import UserError
from data_pipeline.task import Source

GENERATED = """
Sudoku puzzles with one solution each, made by a seeded generator; none is a symmetry of
another one, in its split or in another.
"""
EXTREME = """
Sudoku-Extreme: puzzles collected from the Sudoku community, most of them very hard. The
rating is the number of guesses that the tdoku solver needs.
"""
EXTREME_HOME = "https://huggingface.co/datasets/sapientinc/sudoku-extreme"
MAZES = """
Mazes of random walls with a long shortest path, made by a seeded generator; no test
maze is a symmetry of another one or of a training maze.
"""
MAZE_HARD = """
Maze-Hard: mazes of 30x30 cells whose shortest path has at least 110 of them. The rating
is the length of that path.
"""
MAZE_HARD_HOME = "https://huggingface.co/datasets/sapientinc/maze-30x30-hard-1k"
HRM_CITATION = """
@article{wang2025hierarchical,
  title={Hierarchical Reasoning Model},
  author={Wang, Guan and Li, Jin and Sun, Yuhao and Chen, Xing and Liu, Changling and
    Wu, Yue and Lu, Meng and Song, Sen and Abbasi Yadkori, Yasin},
  journal={arXiv preprint arXiv:2506.21734},
  year={2025}
}
"""


@dataclasses.dataclass(eq=False, kw_only=True)
class SetConfig(tfds.core.BuilderConfig):
    """Attributes:
    splits: makes the content of each split, when the set is prepared.
    sources: files that it comes from, with their SHA-256.
    """

    splits: Callable[[], Mapping[str, Any]]
    sources: dict[str, str] = dataclasses.field(default_factory=dict)


class _Info(tfds.core.DatasetInfo):
    def initialize_from_bucket(self) -> None:
        """Ours stand in no bucket; who looks leaves an empty folder in /tmp behind."""


class SetBuilder(tfds.core.GeneratorBasedBuilder):
    """What all our sets have in common: made of a `SetConfig`, kept as ArrayRecord."""

    builder_config: SetConfig
    description: str
    homepage: str | None = None
    citation: str | None = None
    keep_order = False
    """Read the examples in the order in which they were made."""

    def __init__(self, config: SetConfig, data_dir: pathlib.Path):
        super().__init__(
            config=config, data_dir=str(data_dir), file_format="array_record"
        )

    def features(self) -> tfds.features.FeaturesDict:
        raise NotImplementedError

    def examples(self, content: Any) -> Iterator[dict[str, Any]]:
        """The examples of a split."""
        raise NotImplementedError

    def tell(self, name: str, value: Any) -> None:
        """Keeps with the set what is known only once its examples are made."""
        metadata = self.info.metadata
        assert isinstance(metadata, dict)
        metadata[name] = value

    def _info(self) -> tfds.core.DatasetInfo:
        return _Info(
            builder=self,
            features=self.features(),
            metadata=tfds.core.MetadataDict(sources=self.builder_config.sources),
            description=self.description,
            homepage=self.homepage,
            citation=self.citation,
            disable_shuffling=self.keep_order,
        )

    def _split_generators(self, dl_manager) -> dict[str, Iterator]:
        del dl_manager  # files are fetched by a command of their own
        splits = self.builder_config.splits()
        return {name: self._generate_examples(c) for name, c in splits.items()}

    def _generate_examples(self, content: Any) -> Iterator[tuple[int, dict[str, Any]]]:
        yield from enumerate(self.examples(content))


class PuzzleBuilder(SetBuilder):
    """Examples of "inputs", "labels" (tokens) and "rating", of `Puzzles`."""

    VERSION = tfds.core.Version("2.0.0")

    def features(self) -> tfds.features.FeaturesDict:
        cells = tfds.features.Tensor(shape=(None,), dtype=np.uint8)
        return tfds.features.FeaturesDict(
            {"inputs": cells, "labels": cells, "rating": np.int32}
        )

    def examples(self, content: Puzzles) -> Iterator[dict[str, Any]]:
        for inputs, labels, rating in zip(*content, strict=True):
            yield {
                "inputs": inputs.astype(np.uint8),
                "labels": labels.astype(np.uint8),
                "rating": rating,
            }


class GeneratedSudoku(PuzzleBuilder):
    """Puzzles made on this machine."""

    description = GENERATED


class SudokuExtreme(PuzzleBuilder):
    """Puzzles from the CSV files of Sudoku-Extreme."""

    description = EXTREME
    homepage = EXTREME_HOME
    citation = HRM_CITATION


class GeneratedMazes(PuzzleBuilder):
    """Mazes made on this machine."""

    description = MAZES


class MazeHard(PuzzleBuilder):
    """Mazes from the CSV files of Maze-Hard."""

    description = MAZE_HARD
    homepage = MAZE_HARD_HOME
    citation = HRM_CITATION


def open_or_make(
    builder_class: type[SetBuilder], config: SetConfig, directory: pathlib.Path
) -> dict[str, Source]:
    """The splits by name; see `open_or_make_told`."""
    return open_or_make_told(builder_class, config, directory)[0]


def open_or_make_told(
    builder_class: type[SetBuilder], config: SetConfig, directory: pathlib.Path
) -> tuple[dict[str, Source], Mapping[str, Any]]:
    """The splits by name, prepared first where that was not done yet; and what was told
    while they were made.

    TensorFlow Datasets writes into a temporary folder and renames it at the end: an
    interrupted preparation leaves nothing that could be taken for whole. Of processes
    that prepare the same set at once, all take what the first one finished.

    Raises:
      UserError: the folder cannot be written, or what is in it is damaged.
    """
    folder = directory / builder_class.name / config.name / str(builder_class.VERSION)
    tfds.disable_progress_bar()  # of no use where the puzzles come all at once
    logging.getLogger("absl").setLevel(logging.ERROR)  # each custom config is warned of
    try:
        with _damage_told(folder):
            builder = builder_class(config, directory)
        if not builder.is_prepared():
            print(f"Preparing {builder.data_path} (once)", flush=True)
            try:
                with contextlib.redirect_stdout(io.StringIO()):  # speaks of downloads
                    builder.download_and_prepare()
            except OSError:
                if not builder.is_prepared():  # or another process was faster
                    raise
        if not builder.info.splits:
            # Another process was faster, be it by a moment: read what it wrote.
            with _damage_told(folder):
                builder = builder_class(config, directory)
    except OSError as error:
        raise UserError(
            f"The data set cannot be written to {directory} ({error.strerror}): make "
            "room, or choose another data.directory."
        ) from error
    with _damage_told(folder):
        splits = cast(dict[str, Source], builder.as_data_source())
        # Lengths stand elsewhere: of a file cut short there are examples of nothing.
        lasts = [split[len(split) - 1].values() for split in splits.values()]
        if not lasts or any(value is None for last in lasts for value in last):
            raise EOFError("a file is missing or cut short")
        told = cast(Mapping[str, Any], builder.info.metadata)
        return {name: in_memory(split) for name, split in splits.items()}, dict(told)


@contextlib.contextmanager
def _damage_told(folder: pathlib.Path) -> Iterator[None]:
    try:
        yield
    except OSError:
        raise
    except Exception as error:  # whatever a damaged file provokes
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        raise UserError(
            f"The prepared data in {folder} is damaged ({reason}): delete that folder, "
            "and it is made again."
        ) from error
