"""What a search has come to, as `eval.search_page` draws it."""

from __future__ import annotations

import math
from collections.abc import Mapping

from eval.benchmarks.challenge import Challenge
from eval.benchmarks.hidden import Program
from eval.benchmarks.problem import Grade, Kind
from eval.search_page import DrawnNode, DrawnTree
from hrm_jax.search import methods, selection
from hrm_jax.search.candidate import Candidate
from hrm_jax.search.methods import Method
from hrm_jax.search.search import Search
from hrm_jax.search.tree import Node

Place = tuple[str, str, int]
"""A rule, a challenge's id, a seed."""
At = tuple[str, int, str, int]
"""A method, a budget, a challenge's id, a seed."""


def program(challenge: Challenge, candidate: Candidate) -> Program:
    """What hidden tests know a candidate by."""
    return Program(challenge.id, candidate.key)


def drawn(
    wanted: Mapping[str, Method],
    searches: Mapping[Place, Search],
    answers: Mapping[At, tuple[Challenge, Candidate]],
    grades: Mapping[Program, Grade],
    samples: int,
) -> list[DrawnTree]:
    """The trees of all methods that have one.

    Args:
      samples: the budget whose answers are marked.
    """
    trees = []
    for name, method in wanted.items():
        for (rule, problem, seed), search in searches.items():
            if rule != method.rule or rule in selection.WITHOUT_TREE:
                continue
            challenge, answer = answers[name, samples, problem, seed]
            base = answers[methods.BASELINE, samples, problem, seed]
            trees.append(
                DrawnTree(
                    name,
                    problem,
                    seed,
                    challenge.prompt,
                    answer.number,
                    _passed(grades[program(challenge, answer)]),
                    _passed(grades[program(*base)]),
                    [_node(node) for node in search.tree.settled],
                )
            )
    return trees


def _passed(grade: Grade) -> bool | None:
    return None if grade.kind == Kind.NOT_RUN else grade.passed


def _node(node: Node[Candidate]) -> DrawnNode:
    one = node.candidate
    assert one is not None, "settled"
    likely = one.mean_log_prob
    return DrawnNode(
        one.number,
        one.parent,
        one.way,
        one.temperature,
        one.source,
        one.kind,
        one.passed,
        one.results,
        one.failure,
        likely if math.isfinite(likely) else None,
        one.tokens,
        node.visits,
        node.mean,
        node.duplicate,
    )
