"""An answer as text, while its tokens still come."""

from __future__ import annotations

import codecs
from collections.abc import Sequence

from data_pipeline.text.tokenizer import Tokenizer


class Words:
    """Turns tokens into text as soon as it is sure, and ends at a stop word.

    Bytes that are no UTF-8 become replacement characters.

    Attributes:
      stopped: a stop word has come; it and what follows is not told.
      tokens: so far, up to the one that brought the stop word, however many came at a
        time.
    """

    def __init__(self, tokenizer: Tokenizer, stop: Sequence[str] = ()):
        self._tokenizer = tokenizer
        self._stop = [word for word in stop if word]
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._held = ""
        self.stopped = False
        self.tokens = 0

    def add(self, tokens: Sequence[int], *, last: bool = False) -> str:
        """The text that is sure with these tokens.

        Args:
          last: no more will come: what was held back is told as well.
        """
        sure = ""
        for token in tokens:
            if not self.stopped:
                sure += self._sure([token])
                self.tokens += 1
        return sure + self._sure([], last) if last and not self.stopped else sure

    def _sure(self, tokens: Sequence[int], last: bool = False) -> str:
        self._held += self._decoder.decode(self._tokenizer.decode(tokens), last)
        places = [self._held.find(word) for word in self._stop]
        found = [place for place in places if place >= 0]
        if found:
            self.stopped = True
            return self._held[: min(found)]
        # The end may be the beginning of a stop word.
        kept = 0 if last else max(map(self._begun, self._stop), default=0)
        sure = self._held[: len(self._held) - kept]
        self._held = self._held[len(sure) :]
        return sure

    def _begun(self, word: str) -> int:
        """Characters of a stop word that the text ends with."""
        lengths = range(min(len(word) - 1, len(self._held)), 0, -1)
        return next((n for n in lengths if self._held.endswith(word[:n])), 0)
