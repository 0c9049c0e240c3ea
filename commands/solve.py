"""`solve`: answers to puzzles from the command line, a file or a pipe."""

from __future__ import annotations

import json
import pathlib
import sys
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import rich.console

from commands import board
from commands.flags import CommandLine
from commands.trained import Trained
from data_pipeline import codec, rules
from data_pipeline.progress import Progress
from data_pipeline.schema import BLANK, BoardShape, UserError
from eval.atomic import replacing
from hrm_jax import experiment

_TOLD = 20
"""Malformed puzzles that are named one by one."""


class Puzzle(NamedTuple):
    """Attributes:
    source: where it stood, for people.
    text: one character a cell.
    """

    source: str
    text: str


class Answer(NamedTuple):
    """Attributes:
    puzzle, solution: int32 `[cells]`, tokens.
    segments: that the model took.
    confidence: that it had in the end.
    """

    puzzle: np.ndarray
    solution: np.ndarray
    segments: int
    confidence: float


def run(line: CommandLine) -> int:
    """Prints a solution for each puzzle, and says where one breaks the rules.

    Returns:
      0, or 2 if a puzzle could not be read; the others are solved all the same.

    Raises:
      UserError: there is no puzzle, no run, or a file cannot be read or written.
    """
    workdir = line.run  # asked for first: its config says what a board is
    shape = experiment.board_shape(line.config)
    sources, boards, complaints = [], [], []
    for puzzle in read(line):
        try:
            boards.append(codec.encode([puzzle.text], shape)[0])
            sources.append(puzzle.source)
        except ValueError as error:
            complaints.append(f"{puzzle.source} {error}.")
    if boards:
        answers = _answer(Trained.of(line), np.stack(boards))
        for source, answer in zip(sources, answers, strict=True):
            if conflict := rules.conflict(answer.puzzle, shape):
                print(f"{source} has no solution: {conflict}.", file=sys.stderr)
        _write(line, shape, sources, answers)
    elif not complaints:
        raise UserError(
            "There is no puzzle: give some as arguments, by --file or by a pipe."
        )
    for complaint in complaints[:_TOLD]:
        print(complaint, file=sys.stderr)
    if complaints:
        if len(complaints) > _TOLD:
            print(f"... and {len(complaints) - _TOLD:,} more.", file=sys.stderr)
        print(
            f"{workdir} solves boards of {shape.size}x{shape.size} cells, a puzzle a "
            "line, row by row with . for a blank.",
            file=sys.stderr,
        )
    return 2 if complaints else 0


def read(line: CommandLine) -> Iterator[Puzzle]:
    """Arguments, then the file, then standard input where it is asked for or piped.

    Raises:
      UserError: the file cannot be read.
    """
    given = [word for word in line.arguments if word != "-"]
    for number, word in enumerate(given, 1):
        yield Puzzle(f"argument {number}", "".join(word.split()))
    if line.flags.file:
        path = pathlib.Path(line.flags.file)
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise UserError(f"{path} cannot be read ({error.strerror}).") from error
        except UnicodeDecodeError as error:
            raise UserError(f"{path} is no text ({error.reason}).") from error
        yield from _lines(str(path), text.splitlines())
    nothing_else = not given and not line.flags.file and not sys.stdin.isatty()
    if "-" in line.arguments or nothing_else:
        yield from _lines("standard input", sys.stdin)


def _lines(name: str, lines: Iterable[str]) -> Iterator[Puzzle]:
    for number, text in enumerate(lines, 1):
        if text.strip() and not text.startswith("#"):
            yield Puzzle(f"{name}, line {number},", "".join(text.split()))


def _answer(trained: Trained, boards: np.ndarray) -> list[Answer]:
    with Progress("Solving") as told:
        prediction = trained.answer(boards, told)
    return [
        Answer(puzzle, solution, int(segments), float(confidence))
        for puzzle, solution, segments, confidence in zip(
            boards, *prediction, strict=True
        )
    ]


def flaw(answer: Answer, shape: BoardShape) -> str | None:
    """Says what is wrong with a solution, or None."""
    puzzle, solution = answer.puzzle, answer.solution
    changed = (puzzle != BLANK) & (solution != puzzle)
    for what, cells in (("changes the clue", changed), ("fails", solution <= BLANK)):
        if cells.any():
            row, column = divmod(int(cells.argmax()), shape.size)
            return f"it {what} at row {row + 1}, column {column + 1}"
    return rules.conflict(solution, shape)


def _write(
    line: CommandLine, shape: BoardShape, sources: list[str], answers: list[Answer]
) -> None:
    if line.flags.json:
        pairs = zip(sources, answers, strict=True)
        lines = [json.dumps(_record(shape, *pair)) for pair in pairs]
    else:
        lines = [_sentence(shape, answer) for answer in answers]
    if line.flags.output:
        path = pathlib.Path(line.flags.output)
        with replacing(path) as whole:
            whole.write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"{len(lines):,} solutions are in {path}.")
        return
    console = rich.console.Console(highlight=False)
    if len(answers) == 1 and console.is_terminal and not line.flags.json:
        (answer,) = answers
        console.print(board.picture(answer.puzzle, answer.solution, shape))
        console.print(_verdict(shape, answer))
        return
    print("\n".join(lines))


def _record(shape: BoardShape, source: str, answer: Answer) -> dict[str, Any]:
    problem = flaw(answer, shape)
    return {
        "source": source.rstrip(","),
        "puzzle": codec.decode(answer.puzzle[None], shape)[0],
        "solution": codec.decode(answer.solution[None], shape)[0],
        "valid": problem is None,
        "problem": problem,
        "segments": answer.segments,
        "confidence": round(answer.confidence, 4),
    }


def _sentence(shape: BoardShape, answer: Answer) -> str:
    puzzle, solution = codec.decode(np.stack([answer.puzzle, answer.solution]), shape)
    return f"{puzzle} -> {solution}  {_verdict(shape, answer)}"


def _verdict(shape: BoardShape, answer: Answer) -> str:
    plural = "" if answer.segments == 1 else "s"
    text = f"{answer.segments} segment{plural}, {answer.confidence:.1%} sure"
    problem = flaw(answer, shape)
    return f"{text}, but WRONG: {problem}" if problem else text
