"""An engine that many threads ask at once."""

from __future__ import annotations

import dataclasses
import queue
import threading
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import NamedTuple

from data_pipeline.schema import UserError
from data_pipeline.text.tokenizer import Tokenizer
from hrm_jax.text.engine import Engine, Progress, Request, Speed
from hrm_jax.text.words import Words


class Piece(NamedTuple):
    """Attributes:
    text: that has come.
    reason: "" as long as the answer goes on; "stop" or "length" with its last piece.
    tokens: of the answer so far, known with its last piece.
    """

    text: str
    reason: str
    tokens: int


@dataclasses.dataclass(eq=False)
class _Asked:
    """Attributes:
    news: what comes; an error, if the engine has failed.
    given_up: nobody listens any more.
    """

    request: Request
    news: queue.SimpleQueue[Progress | BaseException] = dataclasses.field(
        default_factory=queue.SimpleQueue
    )
    given_up: bool = False


class Service:
    """Runs an engine in a thread of its own. Use it as a context."""

    def __init__(self, engine: Engine, tokenizer: Tokenizer):
        self._engine = engine
        self._tokenizer = tokenizer
        # None ends the thread.
        self._inbox: queue.SimpleQueue[_Asked | None] = queue.SimpleQueue()
        self._ending = False
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
        """The answer to a prompt, piece by piece.

        Whoever stops listening gives the answer up.

        Args:
          stop: words that the answer ends before.

        Raises:
          UserError: the prompt leaves no room for an answer.
        """
        asked = _Asked(request)
        words, count, ended = Words(self._tokenizer, stop), 0, False
        self._inbox.put(asked)
        try:
            while not ended:
                news = asked.news.get()
                if isinstance(news, BaseException):
                    raise news
                count += len(news.tokens)
                text = words.add(news.tokens, last=bool(news.reason))
                reason = "stop" if words.stopped else news.reason
                ended = bool(news.reason)
                yield Piece(text, reason, count)
                if words.stopped:
                    return
        finally:
            asked.given_up = not ended

    def _serve(self) -> None:
        """The thread's own work, to the end of the service."""
        listeners: dict[int, _Asked] = {}
        ended: BaseException = RuntimeError("the service has ended")
        try:
            while self._take_in(listeners):
                for number in [n for n, asked in listeners.items() if asked.given_up]:
                    self._engine.cancel(number)
                    del listeners[number]
                for news in self._engine.advance():
                    listeners[news.number].news.put(news)
                    if news.reason:
                        del listeners[news.number]
        except BaseException as error:  # for whoever waits, in their own threads
            ended = error
        for asked in listeners.values():
            asked.news.put(ended)
        # Who asks from now on is answered as well, until the context ends.
        while not self._ending:
            asked = self._inbox.get()
            if asked is None:
                return
            asked.news.put(ended)

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
                asked.news.put(error)
        return True
