"""Where a tree grows next.

From the root downwards: a node that has few children for its visits gets another one
(progressive widening), else the search goes on at the child that promises most.

SWE-Search (arXiv:2410.20285) adds terms of depth to its UCT. There one node is chosen
among all of the tree; here children of one node are compared, which are equally deep,
so that such terms would cancel.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from data_pipeline.schema import UserError, require, require_share
from hrm_jax.search.tree import C, Node

FLAT, UCB, PUCT = "flat", "ucb", "puct"
SIGNATURE, DISTINCT, UCB_DISTINCT = "signature", "distinct", "ucb_distinct"
RULES = (FLAT, SIGNATURE, DISTINCT, UCB, PUCT, UCB_DISTINCT)
WITHOUT_TREE = (FLAT, SIGNATURE, DISTINCT)
OF_DISTINCT = (DISTINCT, UCB_DISTINCT)
"""Those whose answers to one prompt all differ."""
OF_SIGNATURE = (SIGNATURE, *OF_DISTINCT)
"""Those whose answers begin with the signature, where the prompt tells it."""


@dataclasses.dataclass(frozen=True)
class Selection:
    """How a tree is grown.

    Attributes:
      rule: those `WITHOUT_TREE` sample afresh alone, the others say how children are
        compared; see `OF_DISTINCT` and `OF_SIGNATURE`.
      exploration: the constant c of both formulas.
      fresh_widening, repair_widening, widening_power: at most ceil(widening
        visits^widening_power) children: fresh ones, and repairs of one candidate.
        Visits that brought nothing new do not count: where the network has no more to
        say to a prompt, the search goes on below.
    """

    rule: str
    exploration: float
    fresh_widening: float
    repair_widening: float
    widening_power: float

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise UserError(
                f"There is no selection {self.rule!r}: take {', '.join(RULES)}."
            )


def require_bounds(group: str, config: Any) -> None:
    """Holds the numbers of a `Selection`, as a config has them, against their bounds.

    Args:
      group: of the config, see `schema.require`.

    Raises:
      UserError: one is out of bounds.
    """
    holds = 0 <= config.exploration < math.inf
    require(holds, group, config, "exploration", "finite, and at least 0")
    for name in ("fresh_widening", "repair_widening"):
        holds = 0 < getattr(config, name) < math.inf
        require(holds, group, config, name, "finite, and above 0")
    require_share(group, config, "widening_power")


def ucb1(mean: float, visits: int, parent_visits: int, exploration: float) -> float:
    """mean + c sqrt(ln N / n): Auer, Cesa-Bianchi and Fischer, Machine Learning 47
    (2002) 235, whose c is sqrt(2); what was never visited comes first."""
    if not visits:
        return math.inf
    return mean + exploration * math.sqrt(math.log(parent_visits) / visits)


def puct(
    mean: float, visits: int, parent_visits: int, prior: float, exploration: float
) -> float:
    """mean + c P sqrt(N) / (1 + n): Silver et al., Nature 550 (2017) 354."""
    return mean + exploration * prior * math.sqrt(parent_visits) / (1 + visits)


def priors(log_probs: Sequence[float]) -> list[float]:
    """The softmax of mean log-probabilities of a token; an unknown one counts as the
    least that is known."""
    known = [one for one in log_probs if math.isfinite(one)]
    least, most = min(known, default=0.0), max(known, default=0.0)
    finite = [one if math.isfinite(one) else least for one in log_probs]
    weights = [math.exp(one - most) for one in finite]
    return [one / sum(weights) for one in weights]


def most_children(widening: float, power: float, visits: int) -> int:
    """ceil(c N^a), that a node of so many visits may have: Couetoux et al., "Continuous
    Upper Confidence Trees", 2011; one at least."""
    # What rounding adds to a whole number is no child.
    return max(1, math.ceil(widening * max(visits, 1) ** power - 1e-9))


def has_room(node: Node, selection: Selection) -> bool:
    """It may have another child."""
    c = selection.repair_widening if node.parent else selection.fresh_widening
    most = most_children(c, selection.widening_power, node.distinct)
    return len(node.children) < most


def choose(root: Node[C], selection: Selection) -> Node[C]:
    """The node that gets another child."""
    if selection.rule in WITHOUT_TREE:
        return root
    node = root
    while True:
        # Where nothing can be made of a node, nothing lies below it either.
        below = [child for child in node.children if child.expandable]
        if has_room(node, selection) or not below:
            return node
        node = _best(node, below, selection)


def _best(node: Node[C], below: Sequence[Node[C]], selection: Selection) -> Node[C]:
    """The child that promises most, of several the first."""
    visits, c = node.visited, selection.exploration
    if selection.rule in (UCB, UCB_DISTINCT):
        scores = [ucb1(one.mean, one.visited, visits, c) for one in below]
    else:
        shares = _shares(node)
        scores = [puct(one.mean, one.visited, visits, shares[one], c) for one in below]
    return below[scores.index(max(scores))]


def _shares(node: Node[C]) -> dict[Node[C], float]:
    """The prior of each child that is there, among all of them."""
    there = [(child, child.candidate) for child in node.children]
    known = [(child, found) for child, found in there if found is not None]
    shares = priors([found.mean_log_prob for _, found in known])
    return {child: share for (child, _), share in zip(known, shares, strict=True)}
