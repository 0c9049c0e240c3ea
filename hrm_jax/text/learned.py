"""What a run of text may be asked: what the data that it was trained on had.

A run keeps it in a file of its own. Those of earlier versions did not: of them the
configs tell, which name the languages that were looked for.
"""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterable
from typing import Any, NamedTuple

from configs import Config
from data_pipeline.text.special import LANGUAGES
from hrm_jax import saved_config

RECORD = "text.json"
"""The file."""
_USUAL, _LEARNED = "python", "learned"


class Learned(NamedTuple):
    """What a run of text may be asked.

    Attributes:
      languages: that its training rows had programs in, of `LANGUAGES`; one at least.
      holes: it was trained to fill in the middle of a text.
    """

    languages: tuple[str, ...]
    holes: bool

    @property
    def usual(self) -> str:
        """The language where none is asked for: Python, if it has learned that."""
        return self.or_usual(_USUAL)

    @property
    def from_usual(self) -> tuple[str, ...]:
        """All languages, the usual one first."""
        usual = self.usual
        return (usual, *(one for one in self.languages if one != usual))

    def or_usual(self, language: str) -> str:
        """A language, if it has learned that; else the usual one."""
        wanted = (language, _USUAL, *self.languages)
        return next(one for one in wanted if one in self.languages)

    def joined(self, other: Learned) -> Learned:
        """All that one of the two has learned."""
        names = set(self.languages) | set(other.languages)
        return Learned(_in_order(names), self.holes or other.holes)

    @property
    def record(self) -> dict[str, Any]:
        """To be kept in `RECORD`."""
        return {_LEARNED: self._asdict()}

    def missing(self, languages: Iterable[str]) -> list[str]:
        """Those that it has not learned, in order."""
        return sorted(set(languages) - set(self.languages))


def of_data(config: Config, languages: Iterable[str]) -> Learned:
    """What a run learns by a config, of data in these languages."""
    data = config.data
    holes = data.dataset == "corpus" and data.fill_in_middle > 0
    return Learned(_in_order(languages), holes)


def of_run(workdir: pathlib.Path) -> Learned:
    """What the run in a workdir has learned, and what those had that it began with, as
    far as they can be read.

    Raises:
      UserError: there is no such run.
    """
    found: Learned | None = None
    for run, config in saved_config.readable_lineage(workdir):
        recorded = _recorded(run)
        new = recorded or of_data(config, config.data.languages)
        found = found.joined(new) if found else new
        if recorded:  # with what it began with
            break
    assert found is not None, "the run itself"
    return found


def _recorded(run: pathlib.Path) -> Learned | None:
    try:
        kept = json.loads((run / RECORD).read_text(encoding="utf-8"))[_LEARNED]
        return Learned(_in_order(kept["languages"]), bool(kept["holes"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _in_order(languages: Iterable[str]) -> tuple[str, ...]:
    some = set(languages)
    return tuple(one for one in LANGUAGES if one in some)
