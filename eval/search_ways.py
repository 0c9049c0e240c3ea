"""What each way of making a candidate brings: writing afresh, and repairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from eval.benchmarks.problem import Kind
from eval.search_page import DrawnTree


class Brought(NamedTuple):
    """By the candidates of one way, over the trees of one method.

    Attributes:
      new: programs that were not in their tree before.
      passed: all public tests.
      first: of their tree to pass them. After it a tree writes afresh alone, where it
        goes on: this is the number by which the ways can be compared.
    """

    candidates: int = 0
    new: int = 0
    passed: int = 0
    first: int = 0


Ways = dict[str, dict[str, Brought]]
"""By method and way."""


def ways(trees: Sequence[DrawnTree]) -> Ways:
    """Of all trees but those whose programs were not run, as where there are no public
    tests."""
    found: Ways = {}
    for tree in trees:
        if any(node.kind == Kind.NOT_RUN for node in tree.nodes):
            continue
        by_way, passed_before = found.setdefault(tree.method, {}), False
        for node in tree.nodes:
            passed = node.kind == Kind.PASSED
            before = by_way.get(node.way, Brought())
            by_way[node.way] = Brought(
                before.candidates + 1,
                before.new + (not node.repeat),
                before.passed + passed,
                before.first + (passed and not passed_before),
            )
            passed_before |= passed
    return found


def rows(found: Mapping[str, Mapping[str, Brought]]) -> list[tuple[str, ...]]:
    """A table of the ways of each method, its head first."""
    head = ("method", "way", "candidates", "new", "pass", "share", "first to pass")
    return [
        head,
        *(
            (
                method,
                way,
                f"{one.candidates:,}",
                f"{one.new:,}",
                f"{one.passed:,}",
                f"{one.passed / one.candidates:.1%}",
                f"{one.first:,}",
            )
            for method, by_way in found.items()
            for way, one in by_way.items()
        ),
    ]


def as_json(found: Mapping[str, Mapping[str, Brought]]) -> dict[str, Any]:
    return {
        method: {way: one._asdict() for way, one in by_way.items()}
        for method, by_way in found.items()
    }
