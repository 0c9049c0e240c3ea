"""Proxies: what can be said of a patch without running tests.

None of them says that a patch solves its issue.
"""

from __future__ import annotations

import collections
import dataclasses
import difflib
from collections.abc import Mapping, Sequence

from eval.benchmarks.swebench import application
from eval.benchmarks.swebench import patch as patches
from eval.benchmarks.swebench.instances import Instance
from eval.benchmarks.swebench.patch import FilePatch, PatchError
from eval.sandbox.sandbox import Sandbox

Means = Mapping[str, float | int | None]
"""Of proxies, by name."""
_MOST_PAIRS = 30_000_000
MALFORMED = -1.0
"""The similarity of a patch that cannot be parsed or applied."""


@dataclasses.dataclass(frozen=True)
class Proxies:
    """Attributes:
    similarity: to the gold patch, from 0 to 1, or `MALFORMED`.
    file_recall: the part of the gold patch's files that the patch changes.
    applies: to the files that the instance shows; None where it shows none.
    error: why the patch is malformed, or "".
    """

    similarity: float
    file_recall: float
    applies: bool | None
    error: str = ""

    def __str__(self) -> str:
        applies = {None: "not known", True: "yes", False: "no"}[self.applies]
        return (
            f"proxies, no test was run: similarity {self.similarity:.3f}, recall of "
            f"the gold files {self.file_recall:.3f}, applies to them: {applies}"
        )


def measure(instance: Instance, text: str, sandbox: Sandbox) -> Proxies:
    """All proxies of a patch.

    Raises:
      SandboxError: it was not tried, through no fault of the patch.
    """
    gold = patches.parse(instance.patch)
    try:
        patch = patches.parse(text)
        applies = None
        if instance.shown:
            shown = {path: data.encode() for path, data in instance.shown.items()}
            application.apply(text, shown, sandbox)
            applies = True
    except PatchError as error:
        applies = False if instance.shown else None
        return Proxies(MALFORMED, 0.0, applies, str(error))
    return Proxies(similarity(patch, gold), recall(patch, gold), applies)


def recall(patch: list[FilePatch], gold: list[FilePatch]) -> float:
    """The part of the gold patch's files that a patch changes."""
    wanted, have = ({one.path for one in which} for which in (gold, patch))
    return len(wanted & have) / len(wanted) if wanted else 1.0


def similarity(patch: list[FilePatch], gold: list[FilePatch]) -> float:
    """SWE-RL's reward for two patches (Wei et al., arXiv:2502.18449, section 2.2).

    The mean, over the files of both, of `difflib`'s ratio between their hunks; a file
    that only one of them changes counts 0. The authors'
    `calculate_reward_unidiff`, but that texts of very many equal characters, for which
    `difflib` would take minutes, are compared line by line.
    """
    one, two = _texts(patch), _texts(gold)
    ratios = [_ratio(one.get(path), two.get(path)) for path in {*one, *two}]
    return sum(ratios) / len(ratios) if ratios else 1.0


def _ratio(one: str | None, two: str | None) -> float:
    if not one or not two:
        return 0.0
    if one == two:  # what `difflib` would find as well, in time that grows by squares
        return 1.0
    ones, twos = collections.Counter(one), collections.Counter(two)
    pairs = sum(count * twos[character] for character, count in ones.items())
    if pairs > _MOST_PAIRS:
        lines = one.splitlines(), two.splitlines()
        return difflib.SequenceMatcher(None, *lines, autojunk=False).ratio()
    return difflib.SequenceMatcher(None, one, two, autojunk=False).ratio()


def _texts(patch: list[FilePatch]) -> dict[str, str]:
    """What a patch does to each file, as one text."""
    texts = {}
    for one in patch:
        renamed = one.old and one.new and one.old != one.new
        header = f"rename from {one.old} to {one.new}" if renamed else ""
        hunks = [hunk.strip() for hunk in one.hunks]
        texts[one.path] = "\n".join([header, *hunks]).strip()
    return texts


def summary(found: Sequence[Proxies]) -> Means:
    """Means over patches, named as the proxies that they are.

    A malformed patch counts `MALFORMED` in the similarity, as in SWE-RL, and 0 in the
    recall. `proxy_applies` is the part of those whose instance shows its files.
    """
    known = [one.applies for one in found if one.applies is not None]
    return {
        "patches": len(found),
        "malformed": sum(bool(one.error) for one in found),
        "proxy_similarity": _mean([one.similarity for one in found]),
        "proxy_file_recall": _mean([one.file_recall for one in found]),
        "proxy_applies": _mean([float(applies) for applies in known]),
    }


def told(means: Means) -> str:
    """What `summary` found, for people."""
    names = (
        ("proxy_similarity", "similarity to the gold patch"),
        ("proxy_file_recall", "recall of its files"),
        ("proxy_applies", "part that applies to the files shown"),
    )
    values = (
        f"{name} {'not known' if means[field] is None else f'{means[field]:.3f}'}"
        for field, name in names
    )
    return (
        f"No test was run. Proxies of {means['patches']:,} patches, "
        f"{means['malformed']:,} of them malformed: {', '.join(values)}."
    )


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
