"""The table: what was timed, what it had to do, and how near to the peak it came."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable, Mapping
from typing import NamedTuple

from bench import peak, timing
from bench.timing import Run, Timing
from commands import tables

_MATRIX, _MEMORY = "the peak of products", "the peak of memory"


class Work(NamedTuple):
    """Of one piece of work.

    Attributes:
      flops: in products of matrices; a multiplication and an addition are 2.
      bytes: that it must move at least, each array once.
    """

    flops: float
    bytes: float


class Row(NamedTuple):
    """Attributes:
    part, case: what is done; times are compared within a case.
    contender: who does it.
    timing: of it.
    work: None where it is not counted.
    peak_flops, peak_bytes: a second, measured in the same rounds.
    compile_seconds: cold, and from the persistent cache; None where not measured.
    """

    part: str
    case: str
    contender: str
    timing: Timing
    work: Work | None = None
    peak_flops: float = 0.0
    peak_bytes: float = 0.0
    compile_seconds: tuple[float, float] | None = None

    @property
    def share_of_peak(self) -> float | None:
        """Operations a second over the machine's."""
        if not (self.work and self.timing.seconds):
            return None
        return self.work.flops / self.timing.median / self.peak_flops

    @property
    def share_of_roofline(self) -> float | None:
        """The least time by operations and by bytes, over the time taken."""
        if not (self.work and self.timing.seconds):
            return None
        least = max(
            self.work.flops / self.peak_flops, self.work.bytes / self.peak_bytes
        )
        return least / self.timing.median


def measure(
    part: str,
    case: str,
    makers: Mapping[str, Callable[[], Run]],
    works: Mapping[str, Work],
    dtype: str,
    rounds: int,
) -> list[Row]:
    """Times the contenders of a case in turn, and the machine's peaks with them.

    Args:
      works: of each contender.
      dtype: of the products, whose peak counts.
    """
    probes = {_MATRIX: peak.matrix(dtype), _MEMORY: peak.memory()}
    measures = {name: lambda probe=probe: probe.run for name, probe in probes.items()}
    timings = timing.in_turn({**measures, **makers}, rounds, f"{part}, {case}")
    peaks = [probe.amount / timings[name].median for name, probe in probes.items()]
    return [
        Row(part, case, name, timings[name], works[name], *peaks) for name in makers
    ]


def text(rows: list[Row]) -> str:
    """For people: ratios, since absolute times are the machine's own affair."""
    lines: list[tuple[str, ...]] = [
        (
            *("", "time", "+-", "GFLOP", "MB"),
            *("of peak", "of roofline", "compile s", "cached s"),
        )
    ]
    firsts: dict[tuple[str, str], Row] = {}
    for row in rows:
        case = row.part, row.case
        if case not in firsts:
            firsts[case] = row
            lines.append((f"{row.part}, {row.case}", *[""] * 8))
        lines.append((f"  {row.contender}", *_cells(row, firsts[case])))
    failed = [
        f"  {row.part}, {row.case}, {row.contender}: {row.timing.failure}"
        for row in rows
        if row.timing.failure
    ]
    shown = tables.aligned(lines)
    return "\n".join([shown, *(["", "Without a time:", *failed] if failed else [])])


def _cells(row: Row, first: Row) -> list[str]:
    cells = ["-", "-"]
    if row.timing.seconds:
        ratio = None
        if first.timing.seconds:
            ratio = row.timing.median / first.timing.median
        cells = [_number(ratio, ".2f"), f"{row.timing.spread:.0%}"]
    work, compiled = row.work, row.compile_seconds
    cells += [
        _number(work and work.flops / 1e9, ".4g"),
        _number(work and work.bytes / 1e6, ".4g"),
        _number(row.share_of_peak, ".0%"),
        _number(row.share_of_roofline, ".0%"),
        _number(compiled and compiled[0], ".1f"),
        _number(compiled and compiled[1], ".1f"),
    ]
    return cells


def _number(value: float | None, digits: str) -> str:
    return "-" if value is None else f"{value:{digits}}"


def save(path: pathlib.Path, about: dict[str, object], rows: list[Row]) -> None:
    """Everything, with every round, as JSON."""
    entries = []
    for row in rows:
        entry = row._asdict()
        entry["timing"] = row.timing._asdict()
        entry["work"] = row.work and row.work._asdict()
        shares = {"of_peak": row.share_of_peak, "of_roofline": row.share_of_roofline}
        entries.append(entry | shares)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(about | {"rows": entries}, indent=2) + "\n", "utf-8")
