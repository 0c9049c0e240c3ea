"""The tree of a search: candidates below those that they mend."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from hrm_jax.search.candidate import Candidate


@dataclasses.dataclass(eq=False)
class Node:
    """Attributes:
    candidate: None of the root, which is the prompt, and of one that is being made.
    parent: None of the root.
    children: in the order in which they were begun: fresh ones of the root, else
      repairs.
    visits: candidates at and below it, itself included, that are there.
    repeats: those of them that were there before.
    total: of their rewards.
    pending: candidates at and below it, itself included, that are being made (virtual
      visits: Chaslot et al., "Parallel Monte-Carlo Tree Search", 2008, section 3.3).
    duplicate: the same program was there before; never expanded.
    """

    candidate: Candidate | None
    parent: Node | None
    children: list[Node] = dataclasses.field(default_factory=list)
    visits: int = 0
    repeats: int = 0
    total: float = 0.0
    pending: int = 0
    duplicate: bool = False

    @property
    def visited(self) -> int:
        """With virtual visits."""
        return self.visits + self.pending

    @property
    def distinct(self) -> int:
        """With virtual visits, but without repeats."""
        return self.visited - self.repeats

    @property
    def mean(self) -> float:
        """Of rewards; what is pending has brought nothing yet."""
        return self.total / self.visited if self.visited else 0.0

    @property
    def expandable(self) -> bool:
        """A child can be made of it: fresh ones always, repairs of what fails."""
        if self.parent is None:
            return True
        failed = self.candidate is not None and self.candidate.failure is not None
        return failed and not self.duplicate

    @property
    def depth(self) -> int:
        return 0 if self.parent is None else self.parent.depth + 1

    def upwards(self) -> Iterator[Node]:
        """Itself, and all above it."""
        node: Node | None = self
        while node is not None:
            yield node
            node = node.parent

    def below(self) -> Iterator[Node]:
        """Itself, and all below it."""
        yield self
        for child in self.children:
            yield from child.below()


class Tree:
    """Candidates are begun in order, and settled in the same order.

    Attributes:
      root: the prompt.
      settled: nodes of the candidates that are there, by their numbers.
    """

    def __init__(self) -> None:
        self.root = Node(None, None)
        self.settled: list[Node] = []
        self._keys: set[str] = set()

    @property
    def candidates(self) -> list[Candidate]:
        return [node.candidate for node in self.settled if node.candidate is not None]

    def begin(self, parent: Node) -> Node:
        """A child that is being made; all above it are told."""
        node = Node(None, parent)
        parent.children.append(node)
        for one in node.upwards():
            one.pending += 1
        return node

    def settle(self, node: Node, candidate: Candidate, reward: float) -> None:
        """Puts a candidate where it was begun; its reward goes up to the root.

        A duplicate brings nothing: the parent that makes the same again and again loses
        by it.
        """
        node.candidate = candidate
        node.duplicate = candidate.key in self._keys
        self._keys.add(candidate.key)
        self.settled.append(node)
        for one in node.upwards():
            one.pending -= 1
            one.visits += 1
            one.repeats += node.duplicate
            one.total += 0.0 if node.duplicate else reward
