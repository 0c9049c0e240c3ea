"""Tables for people."""

from __future__ import annotations


def aligned(rows: list[tuple[str, ...]]) -> str:
    """Rows as lines, the first column to the left, the others to the right."""
    first, *others = (max(map(len, column)) for column in zip(*rows, strict=True))
    lines = []
    for name, *cells in rows:
        padded = (cell.rjust(width) for cell, width in zip(cells, others, strict=True))
        lines.append("  ".join([name.ljust(first), *padded]))
    return "\n".join(lines)
