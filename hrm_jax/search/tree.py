"""The tree of a search: candidates below those that they were made from.

They are programs below those that they repair, or repositories below those in which
somebody began to work.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar, runtime_checkable


@runtime_checkable
class Made(Protocol):
    """What a tree knows of a candidate."""

    @property
    def key(self) -> str:
        """Equal for candidates that count as the same."""
        ...

    @property
    def failure(self) -> str | None:
        """What is to be mended, if anything."""
        ...

    @property
    def mean_log_prob(self) -> float:
        """How likely it was; nan where nobody tells."""
        ...


C = TypeVar("C", bound=Made)


@dataclasses.dataclass(eq=False)
class Node(Generic[C]):
    """One candidate, and the statistics of its subtree.

    Attributes:
      candidate: None of the root, which is what all begins with, and of one that is
        being made.
      parent: None of the root.
      children: in the order in which they were begun: fresh ones of the root, else
        repairs.
      visits: settled candidates in this subtree, the node included.
      repeats: how many of these are duplicates.
      total: sum of their rewards; a duplicate's is 0.
      pending: candidates in this subtree still being made, the node included (virtual
        visits: Chaslot et al., "Parallel Monte-Carlo Tree Search", 2008, section 3.3).
      duplicate: the same was settled before, or is known; never expanded.
    """

    candidate: C | None
    parent: Node[C] | None
    children: list[Node[C]] = dataclasses.field(default_factory=list)
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

    def upwards(self) -> Iterator[Node[C]]:
        """Itself, and all above it."""
        node: Node[C] | None = self
        while node is not None:
            yield node
            node = node.parent


class Tree(Generic[C]):
    """Candidates are begun in order, and settled in the same order.

    Attributes:
      root: what all begins with.
      settled: nodes of the candidates that are there, by their numbers.
    """

    def __init__(self, *known: str):
        """Args: known: keys of what is no new candidate."""
        self.root: Node[C] = Node(None, None)
        self.settled: list[Node[C]] = []
        self._keys = set(known)

    @property
    def candidates(self) -> list[C]:
        return [node.candidate for node in self.settled if node.candidate is not None]

    def begin(self, parent: Node[C]) -> Node[C]:
        """A child that is being made; all above it are told.

        Args:
          parent: an expandable node: so no other has anything below it.
        """
        assert parent.expandable, "nothing can be made of it"
        node: Node[C] = Node(None, parent)
        parent.children.append(node)
        for one in node.upwards():
            one.pending += 1
        return node

    def settle(self, node: Node[C], candidate: C, reward: float) -> None:
        """Puts a candidate where it was begun; its reward goes up to the root.

        A duplicate's reward is 0, which lowers the mean of a parent that makes the same
        again and again.
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
