"""What a compiled program sends between devices, read off its text.

XLA's own analysis counts no communication, and the body of a loop once. Here each
operation counts as often as its loop runs, with what a ring sends per device: of n
devices, an all-reduce of b bytes sends 2 b (n - 1) / n, the others b (n - 1) / n.
"""

from __future__ import annotations

import collections
import math
import re

_BYTES = {
    "pred": 1,
    "bf16": 2,
    **{f"{kind}{bits}": bits // 8 for kind in "fsu" for bits in (8, 16, 32, 64)},
}
_COMPUTATION = re.compile(r"^(ENTRY )?%?([\w.\-]+) \(.*\{$", re.M)
_COLLECTIVE = re.compile(
    r" = (.+?) (all-reduce|all-gather|all-to-all|reduce-scatter|collective-permute)"
    r"(?:-start)?\(.*"
)
_SHAPE = re.compile(r"\b([a-z]+\d+)\[([\d,]*)\]")
_WHILE = re.compile(r" while\(.*body=%?([\w.\-]+)")
_TRIPS = re.compile(r'known_trip_count[^\d]*"?n"?:"?(\d+)')
_CALLED = re.compile(r"(?:to_apply|calls)=%?([\w.\-]+)")
_BRANCHES = re.compile(r"branch_computations=\{([^}]*)\}")


def sent(program: str) -> dict[str, float]:
    """Bytes that each device sends, by the kind of operation.

    Args:
      program: of `compiled.as_text()`.

    Raises:
      ValueError: a loop that communicates does not say how often it runs.
    """
    bodies, entry = {}, ""
    starts = list(_COMPUTATION.finditer(program))
    for match, following in zip(starts, [*starts[1:], None], strict=True):
        end = following.start() if following else len(program)
        bodies[match[2]] = program[match.end() : end].splitlines()
        entry = match[2] if match[1] else entry
    return dict(_of(entry, bodies))


def _of(name: str, bodies: dict[str, list[str]]) -> dict[str, float]:
    total: dict[str, float] = collections.defaultdict(float)
    for line in bodies.get(name, ()):
        inner: list[str] = []
        times = 1
        if found := _COLLECTIVE.search(line):
            total[found[2]] += _ring(found[2], _size(found[1]), line)
            continue
        if found := _WHILE.search(line):
            inner = [found[1]]
            trips = _TRIPS.search(line)
            times = int(trips[1]) if trips else 0
        elif found := _BRANCHES.search(line):
            inner = [branch.strip(" %") for branch in found[1].split(",")]
        elif found := _CALLED.search(line):
            inner = [found[1]]
        for part in inner:
            cost = _of(part, bodies)
            if cost and not times:
                raise ValueError(f"how often does this run: {line.strip()[:200]}")
            for kind, count in cost.items():
                total[kind] += times * count
    return total


def _size(shapes: str) -> int:
    return sum(
        _BYTES[kind] * math.prod(int(n) for n in sides.split(",") if n)
        for kind, sides in _SHAPE.findall(shapes)
    )


def _ring(kind: str, size: int, line: str) -> float:
    if kind == "collective-permute":
        return size
    group = _group(line)
    if kind == "reduce-scatter":
        size *= group
    return (2 if kind == "all-reduce" else 1) * size * (group - 1) / group


def _group(line: str) -> int:
    """How many devices take part: `{{0,1},{2,3}}`, `[2,2]<=[4]`, or axes of a mesh,
    `mesh['a'=2,'b'=4] {'b'}`, of one of which there may be a part, `'b':(1)2`."""
    if found := re.search(r"replica_groups=\{\{([\d,]+)\}", line):
        return found[1].count(",") + 1
    if found := re.search(r"replica_groups=\[\d+,(\d+)\]", line):
        return int(found[1])
    if found := re.search(r"replica_groups=mesh\[([^\]]*)\][^{]*\{([^}]*)\}", line):
        sizes = dict(re.findall(r"'(\w+)'=(\d+)", found[1]))
        axes = re.findall(r"'(\w+)'(?::\(\d+\)(\d+))?", found[2])
        return math.prod(int(part or sizes[axis]) for axis, part in axes)
    raise ValueError(f"among how many devices: {line.strip()[:200]}")
