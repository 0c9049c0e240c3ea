"""What was to be reached, beside what was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from bench import attention, generation, halting, quantized_matmul, train_step
from bench.table import Row


class Target(NamedTuple):
    """Attributes:
    title: what is compared.
    platforms: where it counts.
    wanted: at least this.
    reached: from the rows: a number for each case.
    """

    title: str
    platforms: tuple[str, ...]
    wanted: float
    reached: Callable[[list[Row]], Iterator[tuple[str, float]]]


def lines(rows: list[Row], platform: str) -> list[str]:
    """A line for each case of each target that counts here."""
    told = []
    for target in TARGETS:
        if platform not in target.platforms:
            told.append(f"{target.title}: counts on {' and '.join(target.platforms)}.")
            continue
        cases = list(target.reached(rows))
        if not cases:
            told.append(f"{target.title}: not timed.")
        for case, value in cases:
            verdict = "reached" if value >= target.wanted else "MISSED"
            told.append(
                f"{target.title}: {value:.2f} of at least {target.wanted:g}, {verdict} "
                f"({case})."
            )
    return told


def _ratio(
    part: str, slower: Callable[[Row], bool], faster: Callable[[Row], bool]
) -> Callable[[list[Row]], Iterator[tuple[str, float]]]:
    """The best of the slower contenders' times over the best of the faster ones'."""

    def reached(rows: list[Row]) -> Iterator[tuple[str, float]]:
        timed = [row for row in rows if row.part == part and row.timing.seconds]
        for case in dict.fromkeys(row.case for row in timed):
            here = [row for row in timed if row.case == case]
            against = [row.timing.median for row in here if slower(row)]
            ours = [row.timing.median for row in here if faster(row)]
            if against and ours:
                yield case, min(against) / min(ours)

    return reached


def _named(*names: str) -> Callable[[Row], bool]:
    return lambda row: row.contender in names


def _share_of_peak(rows: list[Row]) -> Iterator[tuple[str, float]]:
    for row in rows:
        share = row.share_of_peak
        if row.part == train_step.PART and row.contender == train_step.OURS and share:
            yield row.case, share


def _attention(prefix: bool, name: str) -> Callable[[Row], bool]:
    return lambda row: (
        (attention.PREFIX in row.case) == prefix
        and (
            row.contender in attention.LIBRARIES
            if name == "libraries"
            else row.contender == name
        )
    )


def _few_rows(row: Row) -> bool:
    return int(row.case.split()[0]) <= 16


TARGETS = (
    Target(
        "Training step without Q-learning's extra pass, over compiled PyTorch with it",
        ("cpu",),
        1.4,
        _ratio(
            train_step.PART,
            _named(train_step.COMPILED),
            _named(train_step.OURS_HALT),
        ),
    ),
    Target(
        "Evaluation until it halts, over 16 segments",
        ("cpu",),
        2.0,
        _ratio(
            halting.PART,
            lambda row: row.contender.startswith(halting.FIXED),
            lambda row: row.contender.startswith(halting.HALTING),
        ),
    ),
    Target(
        "A token with a cache, over the whole text read anew",
        ("cpu", "gpu", "tpu"),
        10.0,
        _ratio(generation.PART, _named(generation.ANEW), _named(generation.CACHED)),
    ),
    Target("Training step, share of the matrix peak", ("gpu",), 0.4, _share_of_peak),
    Target(
        "Our attention over cuDNN's, bidirectional",
        ("gpu",),
        0.95,
        _ratio(
            attention.PART,
            _attention(False, "cudnn"),
            _attention(False, "pallas_gpu"),
        ),
    ),
    Target(
        "Our attention over the best library, prefix-LM",
        ("gpu",),
        1.0,
        _ratio(
            attention.PART,
            _attention(True, "libraries"),
            _attention(True, "pallas_gpu"),
        ),
    ),
    Target(
        "int4 product over the plain one, at most 16 rows",
        ("gpu",),
        2.0,
        _ratio(
            quantized_matmul.PART,
            lambda row: _few_rows(row) and row.contender == quantized_matmul.PLAIN,
            lambda row: _few_rows(row) and row.contender.startswith("int4"),
        ),
    ),
)
