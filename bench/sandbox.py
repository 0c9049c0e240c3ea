"""Times programs in the sandbox beside the same programs without one, in turn.

    python bench/sandbox.py --rounds=40
    python bench/sandbox.py --fleet=fleet.json

Overhead is what a run takes longer than a bare one of the same interpreter. Throughput
is what a pool does, program after program, with some workers.
"""

from __future__ import annotations

import argparse
import functools
import pathlib
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

from commands import tables
from eval.sandbox import pool, tiers
from eval.sandbox.program import Program
from eval.sandbox.sandbox import Sandbox
from eval.sandbox.tiers import Tier

PROGRAM = Program("python", {"main.py": b"print(1)"}, "main.py")
WORKERS = (1, 2, 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--runs", type=int, default=100, help="for the throughput")
    parser.add_argument("--fleet", type=pathlib.Path, help="tier 4 too, on these")
    options = parser.parse_args()
    head = ("", "bare ms", "sandbox ms", "overhead ms", *_heads())
    rows: list[tuple[str, ...]] = [head]
    for tier in Tier:
        elsewhere = tier == Tier.CONTAINERS
        if tiers.probe()[tier] or elsewhere and not options.fleet:
            print(tiers.probe()[tier] or "Tier 4 is timed with --fleet=FILE.")
            continue
        with tiers.open_sandbox(
            only=None if elsewhere else tier,
            allow_unsafe_execution=not elsewhere,
            fleet=options.fleet if elsewhere else None,
        ) as sandbox:
            bare, boxed = _latencies(sandbox, options.rounds)
            cells = [f"{1000 * seconds:.1f}" for seconds in (bare, boxed, boxed - bare)]
            rates = [f"{_rate(sandbox, n, options.runs):.1f}" for n in WORKERS]
            rows.append((tier.title.partition(" (")[0], *cells, *rates))
    print(tables.aligned(rows))


def _heads() -> list[str]:
    return [f"runs/s, {n} worker{'s' if n > 1 else ''}" for n in WORKERS]


def _latencies(sandbox: Sandbox, rounds: int) -> tuple[float, float]:
    """Medians of a bare run and of one in the sandbox, in turn."""
    python = sandbox.toolchain("python").executables["python3"]
    command = [python, "-s", "-B", "-c", "print(1)"]
    bare = functools.partial(subprocess.run, command, capture_output=True, env={})
    boxed = functools.partial(sandbox.run, PROGRAM)
    boxed()  # once, so that its warden is there
    taken = [(_seconds(bare), _seconds(boxed)) for _ in range(rounds)]
    first, second = zip(*taken, strict=True)
    return statistics.median(first), statistics.median(second)


def _seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def _rate(sandbox: Sandbox, workers: int, runs: int) -> float:
    began = time.perf_counter()
    jobs = ((number, PROGRAM) for number in range(runs))
    done = sum(1 for one in pool.finished(sandbox, jobs, sandbox.run, workers))
    assert done == runs
    return runs / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
