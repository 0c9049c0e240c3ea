#!/usr/bin/env python3
"""Runs the model of the package that this file is a part of.

    python run.py PUZZLE...              puzzles, row by row, one character a cell
    python run.py --file=puzzles.txt     or one a line of a file, or of a pipe

All that it needs is NumPy and onnxruntime. It can be imported, too:

    answers, segments, confidence = Runner("package").answer(tokens)

Before anything runs, every file is checked against the checksums in package.json.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import pathlib
import signal
import sys
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

VERSION = 1  # of package.json
_AT_ONCE = 2**17  # numbers of a latent; more need more memory, and are not faster
_MOST_THREADS = 1024
_OUTPUTS = ("logits", "q_halt", "q_continue", "z_h_next", "z_l_next")


class PackageError(Exception):
    """Why a package cannot be run here, in one sentence."""


class BoardError(ValueError):
    """What is wrong with a board, without naming it: "has 80 characters instead..."."""


class Thought(NamedTuple):
    """What a segment says: logits `[n S V]` of the answer, `[n]` of its being right
    and of its becoming so, and the latents after it `[n T D]`."""

    logits: np.ndarray
    q_halt: np.ndarray
    q_continue: np.ndarray
    z_h: np.ndarray
    z_l: np.ndarray


class Answer(NamedTuple):
    """A puzzle and what the model made of it; `problem` is what is wrong there."""

    puzzle: str
    solution: str
    problem: str | None
    segments: int
    confidence: float


class Package:
    """A folder, and in `manifest` what its package.json says."""

    def __init__(self, folder: str | pathlib.Path, threads: int = 0):
        """Raises: PackageError: a file is not what was packed, or threads too many."""
        if not 0 <= threads <= _MOST_THREADS:
            raise PackageError(
                f"--threads is {threads}, but it must be from 0 to {_MOST_THREADS}."
            )
        self.folder, self._threads = pathlib.Path(folder), threads
        path = self.folder / "package.json"
        try:
            self.manifest: dict[str, Any] = json.loads(path.read_text("utf-8"))
            version, files = self.manifest["package"], self.manifest["files"].items()
            known = [(name, one["bytes"], one["sha256"]) for name, one in files]
            _ = self.manifest["task"]["kind"], self.manifest["halting"]
            sealed = self.manifest.pop("sealed", None)
            if version == VERSION and sealed not in (None, digest(self.manifest)):
                raise ValueError("it is not what was packed")
        except OSError as error:
            raise PackageError(f"{path} cannot be read ({error.strerror}).") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise PackageError(
                f"{path} is damaged ({error!r}): copy the package again."
            ) from error
        if version != VERSION:
            raise PackageError(
                f"{path} is of version {version}, but this runner reads {VERSION}: "
                "take the run.py that lies beside it."
            )
        for name, size, sha256 in known:
            _check(self.folder / name, size, sha256)

    def warning(self) -> str:
        """What of this processor makes answers wrong; "" for nothing that is known."""
        sums = "sums.onnx"
        if sums not in self.manifest["files"] or self.session(sums).run(None, {})[0]:
            return ""
        return (
            "Answers may be wrong: this processor adds up products of 8-bit numbers in "
            "16 bits, too few for this package; export without --products=integer.\n"
        )

    def session(self, name: str) -> Any:
        """A graph, ready to run."""
        path, made_by = self.folder / name, self.manifest.get("onnx", {})
        if name not in self.manifest["files"]:
            raise PackageError(f"{self.folder} has no {name}: its format is another.")
        try:
            import onnxruntime
        except ImportError as error:
            raise PackageError(
                "onnxruntime is not installed: `pip install onnxruntime` brings it."
            ) from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.log_severity_level = 3
        # Else activations may be rounded to 8 bits where nobody has asked for it.
        options.add_session_config_entry("session.qdq_matmulnbits_accuracy_level", "1")
        try:
            return onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        # The library's exceptions have no class in common.
        except Exception as error:
            reason = " ".join(str(error).split())[:200].rstrip(".")
            raise PackageError(
                f"{path}, of opset {made_by.get('opset', '?')}, does not run under "
                f"onnxruntime {onnxruntime.__version__} ({reason}): it was made with "
                f"{made_by.get('onnxruntime', 'another version')}."
            ) from error


def digest(manifest: dict[str, Any]) -> str:
    """SHA-256 of what package.json says, but for this; earlier versions have none."""
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


def _check(path: pathlib.Path, size: int, sha256: str) -> None:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PackageError(
            f"{path} cannot be read ({error.strerror}): copy the whole package again."
        ) from error
    if (len(content), hashlib.sha256(content).hexdigest()) != (size, sha256):
        raise PackageError(f"{path} is not what was packed: copy the package again.")


class Runner:
    """Solves the puzzles of a package."""

    def __init__(
        self,
        package: str | pathlib.Path | Package,
        threads: int = 0,
        rows: int | None = None,
    ):
        """Args:
        threads: of the processor; 0 for all.
        rows: puzzles that are worked on at a time; None for as many as pay.
        """
        if not isinstance(package, Package):
            package = Package(package, threads)
        self._manifest = package.manifest
        self.boards = Boards(self._manifest["task"])
        self._session = package.session("segment.onnx")
        shapes = {given.name: given.shape for given in self._session.get_inputs()}
        _, length, width = shapes["z_h"]
        self._rows = rows or max(1, min(64, _AT_ONCE // (length * width)))
        self._initial = {
            name: np.broadcast_to(np.asarray(vector, np.float32), (length, width))
            for name, vector in self._manifest["initial"].items()
        }
        self._vector = np.array(self._manifest["puzzle_vector"] or [], np.float32)

    def solve(self, boards: Sequence[str]) -> list[Answer]:
        """Answers to boards as text; `BoardError` says what is wrong with one."""
        cells = self.boards.task["rows"] * self.boards.task["cols"]
        tokens = [self.boards.read(board) for board in boards]
        tokens = np.array(tokens, np.int32).reshape(-1, cells)
        answers = []
        found = zip(tokens, *self.answer(tokens), strict=True)
        for puzzle, solution, segments, confidence in found:
            texts = self.boards.write(puzzle), self.boards.write(solution)
            problem = self.boards.problem(puzzle, solution)
            answers.append(Answer(*texts, problem, int(segments), float(confidence)))
        return answers

    def answer(self, tokens: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Each puzzle thinks until it halts; then another one takes its place.

        From tokens `[n S]` to answers int32 `[n S]`, segments int32 `[n]` and
        confidence float32 `[n]`.
        """
        tokens = np.asarray(tokens, np.int32)
        answers = np.zeros_like(tokens)
        segments = np.zeros(len(tokens), np.int32)
        confidence = np.zeros(len(tokens), np.float32)
        owners, waiting = np.zeros(0, int), np.arange(len(tokens))
        z_h, z_l = (self._start(name, 0) for name in ("z_h", "z_l"))
        while len(waiting) or len(owners):
            free = self._rows - len(owners)
            fresh, waiting = waiting[:free], waiting[free:]
            owners = np.concatenate([owners, fresh])
            z_h = np.concatenate([z_h, self._start("z_h", len(fresh))])
            z_l = np.concatenate([z_l, self._start("z_l", len(fresh))])
            thought = self._segment(tokens[owners], z_h, z_l)
            answers[owners] = thought.logits.argmax(-1)
            segments[owners] += 1
            confidence[owners] = _sigmoid(thought.q_halt)
            going = ~self._halts(thought, segments[owners])
            owners, z_h, z_l = owners[going], thought.z_h[going], thought.z_l[going]
        return answers, segments, confidence

    def trace(self, tokens: np.ndarray, segments: int = 0) -> Iterator[Thought]:
        """What each segment says of `tokens [n S]`, whether or not a puzzle halts.

        Args:
          segments: how many; 0 for the most that a puzzle gets.
        """
        tokens = np.asarray(tokens, np.int32)
        z_h, z_l = (self._start(name, len(tokens)) for name in ("z_h", "z_l"))
        for _ in range(segments or self._manifest["halting"]["max_segments"]):
            thought = self._segment(tokens, z_h, z_l)
            yield thought
            z_h, z_l = thought.z_h, thought.z_l

    def _start(self, name: str, rows: int) -> np.ndarray:
        return np.repeat(self._initial[name][None], rows, axis=0)

    def _segment(self, tokens: np.ndarray, z_h: np.ndarray, z_l: np.ndarray) -> Thought:
        feed = {"tokens": tokens, "z_h": z_h, "z_l": z_l}
        if self._vector.size:
            feed["puzzle_vectors"] = np.tile(self._vector, (len(tokens), 1))
        return Thought(*self._session.run(_OUTPUTS, feed))

    def _halts(self, thought: Thought, segments: np.ndarray) -> np.ndarray:
        halting = self._manifest["halting"]
        rival = thought.q_continue if halting["q_learning"] else 0
        sure = _sigmoid(thought.q_halt) >= halting["min_confidence"]
        return sure & (thought.q_halt > rival) | (segments >= halting["max_segments"])


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(0.5 * x))


class Boards:
    """How the boards of a task are written, and their rules."""

    def __init__(self, task: dict[str, Any]):
        self.task = task
        self._alphabet: list[str] = task["alphabet"]
        self._tokens = {c: t for t, cs in enumerate(self._alphabet) for c in cs}

    def clean(self, line: str) -> str:
        """A line of a file as a board; empty where there is none on it."""
        if self.task["kind"] == "maze":  # of which blanks are a part
            return line.rstrip("\r\n")
        return "" if line.startswith("#") else "".join(line.split())

    def read(self, text: str) -> np.ndarray:
        """Tokens of a board that is one, and does not contradict itself."""
        cells, cols = self.task["rows"] * self.task["cols"], self.task["cols"]
        if len(text) != cells:
            raise BoardError(f"has {len(text)} characters instead of {cells}")
        for cell, character in enumerate(text):
            if character not in self._tokens:
                raise BoardError(
                    f"holds {character!r} at row {cell // cols + 1}, column "
                    f"{cell % cols + 1}, not one of {''.join(self._alphabet)!r}"
                )
        tokens = np.array([self._tokens[character] for character in text], np.int32)
        if conflict := self._conflict(tokens):
            raise BoardError(f"has no solution: {conflict}")
        return tokens

    def write(self, tokens: np.ndarray) -> str:
        # What pads is written as the first of the others.
        return "".join(self._alphabet[max(token, 1)][0] for token in tokens)

    def problem(self, puzzle: np.ndarray, solution: np.ndarray) -> str | None:
        """What is wrong with a solution."""
        maze, cols = self.task["kind"] == "maze", self.task["cols"]
        path = self._tokens["o"] if maze else 0
        free = (puzzle == 2) & (solution == path) if maze else puzzle < 2
        if (cells := ~free & (solution != puzzle)).any():
            row, column = divmod(int(cells.argmax()), cols)
            return f"it changes row {row + 1}, column {column + 1}"
        if not maze:
            return "it has blanks" if (solution < 2).any() else self._conflict(solution)
        marked = self._way((solution == path) | (puzzle > 2), puzzle)
        shortest = self._way(puzzle != 1, puzzle)
        return None if marked == shortest else "its path is not the shortest"

    def _conflict(self, tokens: np.ndarray) -> str | None:
        if self.task["kind"] == "maze":
            for name in "SG":
                if (found := int((tokens == self._tokens[name]).sum())) != 1:
                    return f"it has {found} {name} instead of 1"
            blocked = self._way(tokens != 1, tokens) is None
            return "no path leads from S to G" if blocked else None
        size, high, wide = (self.task[k] for k in ("rows", "box_rows", "box_cols"))
        row, column = np.divmod(np.arange(size * size), size)
        box = row // high * high + column // wide
        for kind, group in (("row", row), ("column", column), ("box", box)):
            for unit in range(size):
                digits = tokens[(group == unit) & (tokens > 1)]
                token = int(np.bincount(digits, minlength=2).argmax())
                if (digits == token).sum() > 1:
                    return f"{kind} {unit + 1} holds {self._alphabet[token][0]} twice"
        return None

    def _way(self, open_cells: np.ndarray, tokens: np.ndarray) -> int | None:
        """Steps from S to G over open cells; None where there is no way."""
        shape = self.task["rows"], self.task["cols"]
        free = np.pad(open_cells.reshape(shape), 1)
        reached = np.pad((tokens == self._tokens["S"]).reshape(shape), 1)
        goal = np.pad((tokens == self._tokens["G"]).reshape(shape), 1)
        steps = 0
        while not reached[goal].any():
            sides = [np.roll(reached, by, axis) for by in (-1, 1) for axis in (0, 1)]
            further = (reached | np.logical_or.reduce(sides)) & free
            if (further == reached).all():
                return None
            reached, steps = further, steps + 1
        return steps


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints answers, and complaints on the other output; 2 if there are any."""
    common = argparse.ArgumentParser(add_help=False)  # to puzzles and text
    common.add_argument("--threads", type=int, default=0, help="0 for all there are")
    about = "Runs the model of this package."
    parser = argparse.ArgumentParser(description=about, parents=[common])
    parser.add_argument("puzzles", nargs="*", help="boards, row by row")
    parser.add_argument("--file", help="of a puzzle a line")
    parser.add_argument("--json", action="store_true", help="answers as JSON lines")
    folder = pathlib.Path(__file__).resolve().parent
    try:
        package = Package(folder, common.parse_known_args(arguments)[0].threads)
        if package.manifest["task"]["kind"] == "text":
            sys.path.insert(0, str(folder))  # also where Python is isolated
            return importlib.import_module("write").main(package, arguments)
        flags = parser.parse_args(arguments)
        sys.stderr.write(package.warning())
        return _solve(Runner(package), flags)
    except PackageError as error:
        print(error, file=sys.stderr)
        return 2


def _solve(runner: Runner, flags: argparse.Namespace) -> int:
    sources, boards, complaints = [], [], []
    for source, board in _given(flags, runner.boards):
        try:
            runner.boards.read(board)
            sources.append(source)
            boards.append(board)
        except BoardError as error:
            complaints.append(f"{source} {error}.")
    for source, answer in zip(sources, runner.solve(boards), strict=True):
        if flags.json:
            print(json.dumps({"source": source, **answer._asdict()}))
            continue
        sure = f"{answer.segments} segments, {answer.confidence:.1%} sure"
        wrong = f", but WRONG: {answer.problem}" if answer.problem else ""
        print(f"{answer.puzzle} -> {answer.solution}  {sure}{wrong}")
    if not boards and not complaints:
        complaints.append("There is no puzzle: give some as arguments or by a pipe.")
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 2 if complaints else 0


def _given(flags: argparse.Namespace, boards: Boards) -> Iterator[tuple[str, str]]:
    """Boards, and where each stood."""
    for number, word in enumerate(flags.puzzles, 1):
        yield f"argument {number}", boards.clean(word)
    name, lines = flags.file or "standard input", []
    try:
        if flags.file:
            lines = pathlib.Path(name).read_text("utf-8").splitlines()
        elif not flags.puzzles and not sys.stdin.isatty():
            lines = list(sys.stdin)
    except (OSError, UnicodeDecodeError) as error:
        raise PackageError(f"{name} cannot be read ({error}).") from error
    for number, line in enumerate(lines, 1):
        if board := boards.clean(line):
            yield f"{name}, line {number},", board


if __name__ == "__main__":
    if hasattr(signal, "SIGPIPE"):  # where nobody reads any more, end without a word
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
