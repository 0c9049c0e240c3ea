"""Tokens that stand for no text, with fixed ids before all others."""

from __future__ import annotations

import enum

LANGUAGES = ("cpp", "go", "java", "javascript", "python", "rust")
"""Of programs, as `eval.sandbox.languages` calls them."""


class Special(enum.IntEnum):
    """What a token says that no text can say; its value is its id.

    An example begins with the token of its language, whose embedding is the language's
    vector. `FIM_*` mark the parts of a file with a hole (Bavarian et al.,
    arXiv:2207.14255). `PLAN`, `OBSERVATION` and `ACTION` are reserved: plans and
    actions are written in words, but ids stay as trained runs know them.
    """

    PAD = 0
    END = 1
    ANSWER = 2
    FIM_PREFIX = 3
    FIM_SUFFIX = 4
    FIM_MIDDLE = 5
    PLAN = 6
    EDIT = 7
    OBSERVATION = 8
    ACTION = 9
    CPP = 10
    GO = 11
    JAVA = 12
    JAVASCRIPT = 13
    PYTHON = 14
    RUST = 15

    @property
    def text(self) -> str:
        """How it is shown to people; `Tokenizer.encode` does not take it for it."""
        return f"<|{self.name.lower()}|>"

    @classmethod
    def of(cls, language: str) -> Special:
        """The token of one of `LANGUAGES`."""
        return cls[language.upper()]

    @property
    def language(self) -> str:
        """Whose token it is, of `LANGUAGES`."""
        return self.name.lower()
