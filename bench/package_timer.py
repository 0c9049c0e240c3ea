"""Times a package by the runner that is shipped in it; `bench/packages.py` starts it.

    python -I bench/package_timer.py PACKAGE THREADS

Prints JSON: by work `[seconds, processor seconds]`, the most memory it took, and how
many bytes a second these threads read from memory.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

PUZZLES = 8
"""That are solved at once."""
PROMPT = 128
"""Tokens."""
ANSWER = 64
"""Tokens, for which the prompt is read first."""
_TRIES = 2
_PROBE = 2**30
"""Bytes, which no cache holds."""

Times = list[float]


def main(folder: str, threads: int) -> dict[str, Any]:
    sys.path.insert(0, folder)
    import run  # type: ignore[import-not-found]

    package = run.Package(folder, threads)
    works = _text if package.manifest["task"]["kind"] == "text" else _puzzles
    times = list(works(package))
    status = open("/proc/self/status", encoding="utf-8").read()
    memory = 1024 * int(status.split("VmHWM:")[1].split()[0])
    return {"times": times, "memory": memory, "bandwidth": _bandwidth(threads)}


def _puzzles(package: Any) -> Iterator[Times]:
    import run  # type: ignore[import-not-found]

    solver = run.Runner(package)
    task = package.manifest["task"]
    blank = solver.boards.read("." * (task["rows"] * task["cols"]))[None]
    solver.answer(blank)
    yield _best(lambda: solver.answer(blank))
    many = np.repeat(blank, PUZZLES, axis=0)
    yield [seconds / PUZZLES for seconds in _timed(lambda: solver.answer(many))]


def _text(package: Any) -> Iterator[Times]:
    import write  # type: ignore[import-not-found]

    writer = write.Writer(package)
    writer._ids["<|end|>"] = -1  # random weights may not end before they are timed
    prompt = writer.encode("x" * (PROMPT - 3), "python")  # with three of its frame

    def answer(tokens: int) -> None:
        told = len(list(writer.generate(prompt, tokens)))
        assert (len(prompt), told) == (PROMPT, tokens)

    answer(2)
    yield _best(lambda: answer(1))
    yield _timed(lambda: answer(ANSWER))


def _best(work: Callable[[], object]) -> Times:
    return min(_timed(work) for _ in range(_TRIES))


def _timed(work: Callable[[], object]) -> Times:
    clocks = time.perf_counter, time.process_time
    began = [clock() for clock in clocks]
    work()
    return [clock() - start for clock, start in zip(clocks, began, strict=True)]


def _bandwidth(threads: int) -> float:
    parts = np.array_split(np.ones(_PROBE // 4, np.float32), threads)
    with ThreadPoolExecutor(threads) as pool:
        seconds, _ = _best(lambda: list(pool.map(np.sum, parts)))
    return _PROBE / seconds


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]))))
