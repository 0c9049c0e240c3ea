"""What a run of text may be asked: what the data that it was trained on had."""

from __future__ import annotations

import pathlib
from collections.abc import Iterable
from typing import NamedTuple

from data_pipeline.schema import UserError
from data_pipeline.text.special import LANGUAGES
from hrm_jax import saved_config

_USUAL = "python"


class Learned(NamedTuple):
    """Attributes:
    languages: that it was trained to write in, of `LANGUAGES`; one at least.
    holes: it was trained to fill in the middle of a text.
    """

    languages: tuple[str, ...]
    holes: bool

    @property
    def usual(self) -> str:
        """The language where none is asked for: Python, if it has learned that."""
        return self.or_usual(_USUAL)

    def or_usual(self, language: str) -> str:
        """A language, if it has learned that; else the usual one."""
        wanted = (language, _USUAL, *self.languages)
        return next(one for one in wanted if one in self.languages)

    def missing(self, languages: Iterable[str]) -> list[str]:
        """Those that it has not learned, in order."""
        return sorted(set(languages) - set(self.languages))


def of_run(workdir: pathlib.Path) -> Learned:
    """What the run in a workdir has learned, and what those had that it began with, as
    far as they can be read.

    Raises:
      UserError: there is no such run.
    """
    languages, holes = set[str](), False
    try:
        for _, config in saved_config.lineage(workdir):
            languages |= set(config.data.languages)
            holes |= config.data.dataset == "corpus" and config.data.fill_in_middle > 0
    except UserError:
        if not languages:  # it is the run itself, not one of another version before it
            raise
    return Learned(tuple(one for one in LANGUAGES if one in languages), holes)
