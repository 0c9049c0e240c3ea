"""An engine that many threads ask at once."""

from __future__ import annotations

import contextlib
import dataclasses
import queue
import threading
from collections.abc import Generator, Iterator, Sequence
from types import TracebackType
from typing import NamedTuple

from data_pipeline.schema import UserError
from data_pipeline.text.tokenizer import Tokenizer
from hrm_jax.text.engine import Engine, Progress, Request
from hrm_jax.text.speed import Speed
from hrm_jax.text.words import Words


class Said(NamedTuple):
    """A token, and its log-probability by the model itself."""

    token: int
    log_prob: float


class Piece(NamedTuple):
    """A streamed chunk of one answer.

    Attributes:
      text: that is new.
      reason: "" as long as the answer goes on; "stop" or "length" with its last piece.
      tokens: of the answer so far, known with its last piece.
      said: new tokens, up to the one that completes a stop word; their text may follow
        in a later piece, or never, while it could begin a stop word.
      segments: that each token was thought about.
    """

    text: str
    reason: str
    tokens: int
    said: tuple[Said, ...] = ()
    segments: int = 1


_News = queue.SimpleQueue[tuple[int, Progress | BaseException]]
"""What comes for one asker: of which of the answers, and what; an error, if the engine
has failed."""


@dataclasses.dataclass(eq=False)
class _Asked:
    """A request that the engine works on, and who waits for its answer.

    Attributes:
      index: of the answer, as its asker counts.
      given_up: nobody listens any more.
    """

    request: Request
    index: int
    news: _News
    given_up: bool = False

    def tell(self, news: Progress | BaseException) -> None:
        self.news.put((self.index, news))


class Ended(Exception):
    """The service ended before an answer did."""


class Service:
    """Runs an engine in a thread of its own. Use it as a context.

    Attributes:
      failure: what ended the engine, if anything did.
    """

    def __init__(self, engine: Engine, tokenizer: Tokenizer):
        self._engine = engine
        self._tokenizer = tokenizer
        # None ends the thread.
        self._inbox: queue.SimpleQueue[_Asked | None] = queue.SimpleQueue()
        self._ending = False
        self.failure: BaseException | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Service:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._inbox.put(None)
        self._thread.join()

    @property
    def speed(self) -> Speed:
        return self._engine.speed

    def answer(self, request: Request, stop: Sequence[str] = ()) -> Iterator[Piece]:
        """The answer to a prompt, piece by piece; see `answers`."""
        with contextlib.closing(self.answers([request], stop)) as news:
            for _, piece in news:
                yield piece

    def answers(
        self, requests: Sequence[Request], stop: Sequence[str] = ()
    ) -> Generator[tuple[int, Piece], None, None]:
        """The answers to prompts, piece by piece as they come, each with its index.

        Whoever stops listening gives them up.

        Args:
          stop: words that an answer ends before.

        Raises:
          UserError: a prompt leaves no room for an answer.
        """
        news: _News = queue.SimpleQueue()
        asked = [_Asked(request, index, news) for index, request in enumerate(requests)]
        words = [Words(self._tokenizer, stop) for _ in requests]
        coming = set(range(len(requests)))
        for one in asked:
            self._inbox.put(one)
        try:
            while coming:
                index, told = news.get()
                if isinstance(told, BaseException):
                    raise told
                if index not in coming:
                    continue  # it was said before a stop word was seen
                heard = words[index]
                before = heard.tokens
                text = heard.add(told.tokens, last=bool(told.reason))
                stopped, taken = heard.stopped, heard.tokens - before
                asked[index].given_up = stopped and not told.reason
                reason = "stop" if stopped else told.reason
                if reason:
                    coming.remove(index)
                # There is one more of the end, which is no token of the answer.
                said = map(Said, told.tokens[:taken], told.log_probs)
                piece = Piece(text, reason, heard.tokens, tuple(said), told.segments)
                yield index, piece
        finally:
            for index in coming:
                asked[index].given_up = True

    def _serve(self) -> None:
        """The thread's own work, to the end of the service."""
        listeners: dict[int, _Asked] = {}
        ended: BaseException = Ended()
        try:
            while self._take_in(listeners):
                for number in [n for n, asked in listeners.items() if asked.given_up]:
                    self._engine.cancel(number)
                    del listeners[number]
                for news in self._engine.advance():
                    listeners[news.number].tell(news)
                    if news.reason:
                        del listeners[news.number]
        except BaseException as error:  # for whoever waits, in their own threads
            self.failure = ended = error
        for asked in listeners.values():
            asked.tell(ended)
        # Who asks from now on is answered as well, until the context ends.
        while not self._ending:
            asked = self._inbox.get()
            if asked is None:
                return
            asked.tell(ended)

    def _take_in(self, listeners: dict[int, _Asked]) -> bool:
        """Submits what has been asked; waits for something if there is nothing to do.

        Returns:
          False when the service ends.
        """
        while not self._engine.busy or not self._inbox.empty():
            asked = self._inbox.get()
            if asked is None:
                self._ending = True
                return False
            try:
                listeners[self._engine.submit(asked.request)] = asked
            except UserError as error:  # the asker's mistake
                asked.tell(error)
        return True
