"""Every choice about data; values live in `configs/default.py`."""

from __future__ import annotations

import dataclasses
import functools

from data_pipeline.arc.tasks import MAX_SIZE
from data_pipeline.maze.schema import MazeShape
from data_pipeline.programs.generator import LEVELS
from data_pipeline.programs.scenarios import SCENARIOS
from data_pipeline.schema import (
    BoardShape,
    UserError,
    require,
    require_at_least,
    require_at_most,
    require_one_of,
    require_share,
)
from data_pipeline.text.special import LANGUAGES
from data_pipeline.text.tokenizer import LARGEST_VOCABULARY, LEAST_VOCABULARY

TEXTS = ("programs", "corpus")
DATASETS = (
    *("generated", "sudoku_extreme", "generated_mazes", "maze_hard", "arc"),
    *TEXTS,
)
PLANS = ("none", "before", "after")
DIRECTIONS = ("forward", "backward")
GENERATED = ("generated", "generated_mazes", "programs")

_LARGEST_BOARD = 12


@dataclasses.dataclass(frozen=True)
class DataConfig:
    """Attributes:
    dataset: of `DATASETS`.
    directory: where prepared sets and downloads live.
    box_rows, box_cols: a Sudoku board.
    min_blanks, max_blanks: of generated Sudokus.
    maze_rows, maze_cols: a maze.
    min_path: cells of the shortest path of a generated maze, both ends counted.
    min_walls, max_walls: share of the cells of a generated maze that are walls.
    relabel: choose the label of a turned maze anew, as the published labels are.
    arc_training: folders or JSON files of ARC tasks to train on, each perhaps followed
      by "+" and a file of solutions.
    arc_evaluation: the same of tasks to evaluate on; their demonstrations train too.
    arc_leave_out: ids of evaluation tasks that are forgotten.
    augmentations: of each ARC task beside itself, each with a puzzle vector.
    max_size: side of the canvas; ARC tasks with a larger grid are left out.
    seq_len: tokens of a row of text; an example that is longer is left out.
    vocab_size: tokens of a tokenizer at most.
    tokenizer: a file of one; empty trains it on the text.
    languages: of programs, of `special.LANGUAGES`.
    scenarios: of synthetic tasks, of `programs.scenarios.SCENARIOS`, alike often; if
      there are none, all of them by their weights.
    level: of synthetic tasks, from 1; 0 for any.
    edits: share of Python programs that are written by edits, as `lintseq` has them.
    plan: where a sketch stands in comments with each synthetic program, of `PLANS`.
    pack: several examples of text in a row of training.
    curriculum: first epochs of text that go from easy to hard.
    order: of synthetic tasks, scenarios in the order in which these epochs go through
      them, whatever their difficulty; those it does not name come last.
    direction: of synthetic tasks, of `DIRECTIONS`: "backward" reads an answer and says
      its prompt, both from the last token to the first (`text.rows.turned`).
    grades: a file of how hard each training example of text is (`text.grades`); empty
      goes by what its origin says.
    corpus: folders, ZIP archives, Parquet or JSON Lines files of source code, or names
      of `corpus.machine.NAMES`.
    licences: SPDX expressions that files may be under; all if there are none.
    kept_out: files of benchmarks whose rows must not stand in files that are trained on
      (`corpus.kept_out`).
    fill_in_middle: share of pieces of files of which the middle is asked for.
    continued: share of the others of which the end is asked for after their beginning.
    num_train, num_test: puzzles, tasks, or files of a corpus; 0 takes all that a CSV
      file has, or, to train on, a corpus.
    num_validation: the same of neither; 0 for none. Of ARC, training tasks whose tests
      are not trained on.
    seed: of the generator, of the draw from a CSV file, or of augmentations.
    train_csv, test_csv: files in the published format; empty takes the fetched ones.
    validation_csv: another one; empty takes rows that are left of the training file.
    augment: show each training puzzle under a random symmetry every time, a pair of an
      ARC task at a random place of the canvas.
    """

    dataset: str
    directory: str
    box_rows: int
    box_cols: int
    min_blanks: int
    max_blanks: int
    maze_rows: int
    maze_cols: int
    min_path: int
    min_walls: float
    max_walls: float
    relabel: bool
    arc_training: tuple[str, ...]
    arc_evaluation: tuple[str, ...]
    arc_leave_out: tuple[str, ...]
    augmentations: int
    max_size: int
    seq_len: int
    vocab_size: int
    tokenizer: str
    languages: tuple[str, ...]
    scenarios: tuple[str, ...]
    level: int
    edits: float
    plan: str
    pack: bool
    curriculum: int
    order: tuple[str, ...]
    grades: str
    direction: str
    corpus: tuple[str, ...]
    licences: tuple[str, ...]
    kept_out: tuple[str, ...]
    fill_in_middle: float
    continued: float
    num_train: int
    num_test: int
    num_validation: int
    seed: int
    train_csv: str
    test_csv: str
    validation_csv: str
    augment: bool

    def __post_init__(self):
        require_one_of("data", self, dataset=DATASETS, plan=PLANS, direction=DIRECTIONS)
        self._require_numbers()
        self._require_boards()
        self._require_examples_of_text()
        self._require_order_of_text()
        self._require_sources()

    def _require_numbers(self) -> None:
        least = 1 if self.dataset in GENERATED else 0
        require_at_least(
            "data",
            self,
            seed=0,
            maze_rows=2,
            maze_cols=2,
            min_path=2,
            augmentations=0,
            max_size=1,
            seq_len=4,
            vocab_size=LEAST_VOCABULARY,
            curriculum=0,
            num_train=least,
            num_test=least,
            num_validation=1 if self.validation_csv else 0,
        )
        require_at_most("data", self, vocab_size=LARGEST_VOCABULARY, max_size=MAX_SIZE)
        require_share("data", self, "edits", "fill_in_middle", "continued")

    def _require_boards(self) -> None:
        for name in ("box_rows", "box_cols"):
            if getattr(self, name) < 1 or not 2 <= self.board.size <= _LARGEST_BOARD:
                raise UserError(
                    f"data.{name} is {getattr(self, name)}, but box_rows * box_cols "
                    f"must be from 2 to {_LARGEST_BOARD}."
                )
        blanks_fit = 0 <= self.min_blanks <= self.max_blanks <= self.board.cells
        if self.dataset == "generated" and not blanks_fit:
            raise UserError(
                f"data.min_blanks is {self.min_blanks} and data.max_blanks is "
                f"{self.max_blanks}, but both must lie between 0 and "
                f"{self.board.cells}, in this order."
            )
        if not 0 <= self.min_walls <= self.max_walls < 1:
            raise UserError(
                f"data.min_walls is {self.min_walls} and data.max_walls is "
                f"{self.max_walls}, but both must lie between 0 and 1, in this order."
            )

    def _require_examples_of_text(self) -> None:
        languages, scenarios = set(self.languages), set(self.scenarios)
        some = f"some of {', '.join(LANGUAGES)}"
        holds = bool(languages) and languages <= set(LANGUAGES)
        require(holds, "data", self, "languages", some)
        some = f"some of {', '.join(SCENARIOS)}, or empty"
        require(scenarios <= set(SCENARIOS), "data", self, "scenarios", some)
        known = f"one of {', '.join(map(str, LEVELS))}, or 0 for any"
        require(self.level in (0, *LEVELS), "data", self, "level", known)
        if self.plan != "none" and self.edits:
            raise UserError(
                f"data.plan is {self.plan!r} and data.edits is {self.edits}, but what "
                "is written edit by edit has no plan: set one of them only."
            )
        if self.dataset == "corpus" and self.plan != "none":
            raise UserError(
                f"data.plan is {self.plan!r}, but only synthetic programs have a plan: "
                "set it to none, or data.dataset to programs."
            )
        lone = {"order": self.order, "direction": self.direction == "backward"}
        for name, used in lone.items():
            if used and self.dataset != "programs":
                raise UserError(
                    f"data.{name} is {getattr(self, name)!r}, but only synthetic tasks "
                    "have scenarios and a prompt each: set data.dataset to programs."
                )

    def _require_order_of_text(self) -> None:
        if self.curriculum and self.dataset not in TEXTS:
            raise UserError(
                f"data.curriculum is {self.curriculum}, but only text is put in order "
                f"of difficulty, and data.dataset is {self.dataset!r}: set it to 0."
            )
        once = set(self.order) <= set(SCENARIOS)
        once = once and len(set(self.order)) == len(self.order)
        some = f"some of {', '.join(SCENARIOS)}, each once"
        require(once, "data", self, "order", some)
        if self.order and (self.grades or not self.curriculum):
            raise UserError(
                f"data.order is {self.order}, but it is an order of the first "
                "data.curriculum epochs in place of data.grades: set the one above 0, "
                'and the other to "".'
            )
        if self.dataset == "corpus" and self.curriculum and not self.grades:
            raise UserError(
                f"data.curriculum is {self.curriculum}, but nobody has graded source "
                "code: set data.grades to what `python main.py grade` writes."
            )
        if self.grades and not self.curriculum:
            raise UserError(
                f"data.grades is {self.grades}, but without an order they have no use: "
                "set data.curriculum to the epochs that go from easy to hard."
            )

    def _require_sources(self) -> None:
        if self.dataset == "corpus" and not self.corpus:
            raise UserError(
                "There is no source code: set data.corpus to folders or files of it."
            )
        if self.dataset != "corpus" and self.kept_out:
            raise UserError(
                f"data.kept_out is {self.kept_out}, but only source files are checked "
                "against benchmarks: leave it empty, or set data.dataset to corpus."
            )
        if self.dataset == "arc" and not self.arc_training + self.arc_evaluation:
            raise UserError(
                "There are no ARC tasks: set data.arc_training to folders or files of "
                "them."
            )

    @functools.cached_property
    def board(self) -> BoardShape:
        return BoardShape(self.box_rows, self.box_cols)

    @functools.cached_property
    def maze(self) -> MazeShape:
        return MazeShape(self.maze_rows, self.maze_cols)

    @property
    def counts(self) -> dict[str, int]:
        """Puzzles of each split; of generated ones a split does not depend on those
        after it."""
        return {
            "train": self.num_train,
            "test": self.num_test,
            "validation": self.num_validation,
        }
