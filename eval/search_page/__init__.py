"""Trees of searches as one web page, which needs no network.

Programs are hostile: they go into the page as JSON in which no mark-up can begin, and
its script writes them as text alone.
"""

from __future__ import annotations

import json
import pathlib
from collections.abc import Sequence
from typing import NamedTuple

from eval import html_parts

_HERE = pathlib.Path(__file__).parent
_MOST_NODES = 20_000
"""Of a page; some ten megabytes."""


class DrawnNode(NamedTuple):
    """A candidate, as far as it is shown.

    Attributes:
      parent: its number; None of a fresh one.
      log_prob: mean of a token; None where it is unknown.
      passed, results: of the public tests.
      mean: of the rewards at and below it.
      repeat: the same program was there before.
    """

    number: int
    parent: int | None
    way: str
    temperature: float
    source: str
    kind: str
    passed: Sequence[bool]
    results: Sequence[str]
    failure: str | None
    log_prob: float | None
    tokens: int
    visits: int
    mean: float
    repeat: bool


class DrawnTree(NamedTuple):
    """Attributes:
    method, problem, seed, prompt: what was searched, and how.
    answer: number of the candidate that is the answer.
    solved: it passes the hidden tests; None where they could not be run.
    baseline: the baseline's answer does.
    """

    method: str
    problem: str
    seed: int
    prompt: str
    answer: int
    solved: bool | None
    baseline: bool | None
    nodes: Sequence[DrawnNode]


def write(trees: Sequence[DrawnTree], path: pathlib.Path) -> None:
    """Writes the page; of very many trees the first ones.

    Raises:
      UserError: the file cannot be written.
    """
    shown, nodes = [], 0
    for tree in trees:
        nodes += len(tree.nodes)
        if nodes > _MOST_NODES and shown:
            break
        drawn = [node._asdict() for node in tree.nodes]
        shown.append({**tree._asdict(), "nodes": drawn})
    number = f"{len(shown):,} of {len(trees):,} trees"
    data = json.dumps(shown).replace("<", "\\u003c")
    body = [
        f"<header><h1>Trees of a search</h1><p>{html_parts.text(number)}. A candidate "
        "is a box with the share of public tests that it passes; below it stand its "
        "repairs. Arrow keys go from one to the next.</p></header>",
        (_HERE / "page.html").read_text(encoding="utf-8"),
        f'<script type="application/json" id="data">{data}</script>',
        f"<script>{(_HERE / 'page.js').read_text(encoding='utf-8')}</script>",
    ]
    style = (_HERE / "page.css").read_text(encoding="utf-8")
    html_parts.write("Trees of a search", body, path, style)
