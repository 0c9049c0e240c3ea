"""Answers that are well-formed: they begin as they are told, brackets and quotes match.

This knows no grammar, only what quotes and comments a language has, so that a program
may still be none. What it takes for a text and is none, a regular expression of
JavaScript or a digit's quote of C++, must match like one.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from data_pipeline.text.special import Special
from data_pipeline.text.tokenizer import Tokenizer

_OPENED_BY = {b")": b"(", b"]": b"[", b"}": b"{"}


class _Lexis(NamedTuple):
    """Attributes:
    short: quotes of texts that end in their line.
    long: of others.
    comment: what begins one, up to the end of the line.
    block: what begins and what ends a longer one, if there are any.
    """

    short: tuple[bytes, ...]
    long: tuple[bytes, ...]
    comment: bytes
    block: tuple[bytes, bytes] | tuple[()]


_C = _Lexis((b'"', b"'"), (), b"//", (b"/*", b"*/"))
_LEXIS = {
    "cpp": _C,
    "go": _C._replace(long=(b"`",)),
    "java": _C._replace(long=(b'"""',)),
    "javascript": _C._replace(long=(b"`",)),
    "python": _Lexis((b'"', b"'"), (b'"""', b"'''"), b"#", ()),
    "rust": _C._replace(short=(b'"',)),  # 'a may be a lifetime
}


class State(NamedTuple):
    """How far an answer has come.

    Attributes:
      left: of what it has to begin with.
      open: brackets, the last one last.
      inside: the quote of a text, or what began a comment; b"" in code.
      before: bytes that may be part of a longer sign.
      escaped: the next byte of a text is no sign.
    """

    left: bytes = b""
    open: bytes = b""
    inside: bytes = b""
    before: bytes = b""
    escaped: bool = False

    def whole(self, language: str) -> bool:
        """May the answer end here?"""
        outside = self.inside in (b"", _LEXIS[language].comment)
        return outside and not self.left and not self.open


def after(language: str, state: State, text: bytes) -> State | None:
    """The state behind some more bytes; None where they may not come."""
    lexis = _LEXIS[language]
    following: State | None = state
    for byte in text:
        if following is None:
            return None
        following = _after(lexis, following, bytes([byte]))
    return following


def _after(lexis: _Lexis, state: State, sign: bytes) -> State | None:
    if state.left:
        if not state.left.startswith(sign):
            return None
        state = state._replace(left=state.left[1:])
    if state.inside == lexis.comment:
        return state._replace(inside=b"") if sign == b"\n" else state
    if lexis.block and state.inside == lexis.block[0]:
        return _until(lexis.block[1], state, sign)
    if state.inside:
        return _in_text(lexis, state, sign)
    signs = state.before + sign
    state = state._replace(before=b"")
    for opening in (*lexis.long, lexis.comment, *lexis.block[:1]):
        if signs.endswith(opening):
            return state._replace(inside=opening)
    if sign in lexis.short:
        return state._replace(inside=sign, before=sign)
    if sign in b"([{":
        return state._replace(open=state.open + sign)
    if sign in _OPENED_BY:
        if not state.open.endswith(_OPENED_BY[sign]):
            return None
        return state._replace(open=state.open[:-1])
    return state._replace(before=sign if lexis.comment.startswith(sign) else b"")


def _in_text(lexis: _Lexis, state: State, sign: bytes) -> State | None:
    if state.escaped or sign == b"\\":
        return state._replace(escaped=not state.escaped, before=b"")
    if state.inside in lexis.long:
        return _until(state.inside, state, sign)
    if sign == b"\n":
        return None
    if sign != state.inside:
        return state._replace(before=b"")
    # Of an empty text the quotes may be the beginning of a longer one.
    return state._replace(inside=b"", before=state.before and state.before + sign)


def _until(end: bytes, state: State, sign: bytes) -> State:
    signs = (state.before + sign)[-len(end) :]
    if signs == end:
        return state._replace(inside=b"", before=b"")
    return state._replace(before=signs if end.startswith(signs) else b"")


class Forms:
    """Makes rules; see `rules.Rule`."""

    def __init__(self, tokenizer: Tokenizer, size: int):
        """Args:
        size: tokens that the model has; it may have more than the tokenizer.
        """
        self._size = size
        self._texts = {
            token: tokenizer.decode([token])
            for token in range(len(Special), tokenizer.vocab_size)
        }
        self.follow = functools.lru_cache(4_096)(self._follow)

    def rule(self, language: str, begins: str) -> Forming:
        """The rule of one answer, in a language of `LANGUAGES`."""
        return Forming(self, language, State(begins.encode()))

    def _follow(self, language: str, state: State) -> _Following:
        found = _Following(np.zeros(self._size, bool), {})
        found.allowed[Special.END] = state.whole(language)
        for token, text in self._texts.items():
            following = after(language, state, text)
            if following is not None:
                found.allowed[token] = True
                found.states[token] = following
        return found


class _Following(NamedTuple):
    """Attributes:
    allowed: bool `[V]`, tokens that may come.
    states: behind them, but for the end.
    """

    allowed: np.ndarray
    states: dict[int, State]


class Forming:
    """How far an answer has come; a `rules.Rule`."""

    def __init__(self, forms: Forms, language: str, state: State):
        self._forms, self._language, self._state = forms, language, state

    def allowed(self, logits: object = None) -> np.ndarray:
        """bool `[V]`: tokens that may come next."""
        del logits  # this knows nothing of probabilities
        return self._forms.follow(self._language, self._state).allowed

    def advance(self, token: int) -> None:
        if token != Special.END:
            following = self._forms.follow(self._language, self._state)
            self._state = following.states[token]
