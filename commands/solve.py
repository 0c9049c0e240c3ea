"""`solve`: answers to puzzles from the command line, a file or a pipe."""

from __future__ import annotations

import json
import pathlib
import sys
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import rich.console

from commands import board, solver
from commands.flags import CommandLine
from commands.solver import Solver
from data_pipeline import datasets
from data_pipeline.datasets import BoardTask
from data_pipeline.progress import Progress
from data_pipeline.schema import UserError
from eval.atomic import write_text

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
    home = line.package or line.run  # asked for first: it says what a board is
    task = datasets.boards(line.config.data, "solve")
    sources, boards, complaints = [], [], []
    for puzzle in read(line, task):
        try:
            boards.append(task.encode([puzzle.text])[0])
            sources.append(puzzle.source)
        except ValueError as error:
            complaints.append(f"{puzzle.source} {error}.")
    if boards:
        answers = _answer(solver.of(line, task), np.stack(boards))
        for source, answer in zip(sources, answers, strict=True):
            if conflict := task.contradiction(answer.puzzle):
                print(f"{source} has no solution: {conflict}.", file=sys.stderr)
        _write(line, task, sources, answers)
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
            f"{home} solves a {task.name} a line: {task.notation}.",
            file=sys.stderr,
        )
    return 2 if complaints else 0


def read(line: CommandLine, task: BoardTask) -> Iterator[Puzzle]:
    """Arguments, then the file, then standard input where it is asked for or piped.

    Raises:
      UserError: the file, or what is piped in, cannot be read.
    """
    given = [word for word in line.arguments if word != "-"]
    for number, word in enumerate(given, 1):
        yield Puzzle(f"argument {number}", task.clean(word))
    if line.flags.file:
        path = pathlib.Path(line.flags.file)
        try:
            text = path.read_text(encoding="utf-8-sig")
        except OSError as error:
            raise UserError(f"{path} cannot be read ({error.strerror}).") from error
        except UnicodeDecodeError as error:
            raise UserError(f"{path} is no text ({error.reason}).") from error
        yield from _lines(task, str(path), text.splitlines())
    nothing_else = not given and not line.flags.file and not sys.stdin.isatty()
    if "-" in line.arguments or nothing_else:
        try:
            yield from _lines(task, "standard input", sys.stdin)
        except UnicodeDecodeError as error:
            raise UserError(f"Standard input is no text ({error.reason}).") from error


def _lines(task: BoardTask, name: str, lines: Iterable[str]) -> Iterator[Puzzle]:
    for number, line in enumerate(lines, 1):
        if text := task.clean(line):
            yield Puzzle(f"{name}, line {number},", text)


def _answer(solver: Solver, boards: np.ndarray) -> list[Answer]:
    with Progress("Solving") as progress:
        prediction = solver.answer(boards, progress)
    return [
        Answer(puzzle, solution, int(segments), float(confidence))
        for puzzle, solution, segments, confidence in zip(
            boards, *prediction, strict=True
        )
    ]


def _write(
    line: CommandLine,
    task: BoardTask,
    sources: list[str],
    answers: list[Answer],
) -> None:
    if line.flags.json:
        pairs = zip(sources, answers, strict=True)
        lines = [json.dumps(_record(task, *pair)) for pair in pairs]
    else:
        lines = [_sentence(task, answer) for answer in answers]
    if line.flags.output:
        path = pathlib.Path(line.flags.output)
        write_text(path, "\n".join(lines) + "\n")
        print(f"{len(lines):,} solutions are in {path}.")
        return
    console = rich.console.Console(highlight=False)
    if len(answers) == 1 and console.is_terminal and not line.flags.json:
        (answer,) = answers
        console.print(board.picture(answer.puzzle, answer.solution, task))
        console.print(_verdict(task, answer))
        return
    print("\n".join(lines))


def _record(task: BoardTask, source: str, answer: Answer) -> dict[str, Any]:
    problem = task.flaw(answer.puzzle, answer.solution)
    return {
        "source": source.rstrip(","),
        "puzzle": task.decode(answer.puzzle[None])[0],
        "solution": task.decode(answer.solution[None])[0],
        "valid": problem is None,
        "problem": problem,
        "segments": answer.segments,
        "confidence": round(answer.confidence, 4),
    }


def _sentence(task: BoardTask, answer: Answer) -> str:
    puzzle, solution = task.decode(np.stack([answer.puzzle, answer.solution]))
    return f"{puzzle} -> {solution}  {_verdict(task, answer)}"


def _verdict(task: BoardTask, answer: Answer) -> str:
    plural = "" if answer.segments == 1 else "s"
    text = f"{answer.segments} segment{plural}, {answer.confidence:.1%} sure"
    problem = task.flaw(answer.puzzle, answer.solution)
    return f"{text}, but WRONG: {problem}" if problem else text
