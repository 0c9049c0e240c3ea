"""What a reduction is: statements around and in a loop, and words for the result."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from data_pipeline.programs.phrases import Phrase
from data_pipeline.programs.tree import Expr, Stmt


class Reduction(NamedTuple):
    """Attributes:
    before: statements before the loop.
    step: statements for one value.
    after: statements behind the loop, without the return.
    result: what is returned.
    ways: to say it; `{of}` stands for the elements.
    slug: for the function's name.
    ordered: it depends on the order of the elements.
    parts: of the words, beside `{of}`.
    early: the step may return; nothing can be made of the result then.
    """

    before: tuple[Stmt, ...]
    step: Callable[[Expr], tuple[Stmt, ...]]
    after: tuple[Stmt, ...]
    result: Expr
    ways: tuple[str, ...]
    slug: str
    ordered: bool = False
    parts: dict[str, Phrase] = {}
    early: bool = False

    def of(self, what: Phrase) -> Phrase:
        return Phrase(self.ways, {**self.parts, "of": what})
