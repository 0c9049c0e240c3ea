"""A server in the form of OpenAI's completions and chat completions.

See `questions` for what may be asked, and what differs. There is no key: whoever
reaches the server may ask, so that it listens to this machine alone unless it is told
otherwise.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import select
import socket
import sys
import threading
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from data_pipeline.schema import UserError
from hrm_jax.text import questions
from hrm_jax.text.json_fields import Refused
from hrm_jax.text.replies import STREAM_END, Reply, event
from hrm_jax.text.served import Model
from hrm_jax.text.service import Ended, Piece

LARGEST_BODY = 2**20
"""Bytes; no context here holds as much text."""
_LENGTH_DIGITS = 20
"""The most digits that a Content-Length may have."""
_PATIENCE = 60.0
"""Seconds that a client may take to send or to read."""
_PART, _DRAINED = 2**16, 2**26
"""Bytes of a body that is too large, that are read at a time and in all."""
_ASKING = {"/v1/completions": False, "/v1/chat/completions": True}
"""Where questions go, and whether they are chats."""


class Server(http.server.ThreadingHTTPServer):
    """Answers while `serve_forever` runs in some thread; `server_close` frees the port.

    Attributes:
      model: that answers.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, model: Model, host: str, port: int):
        """Args:
        host: where to listen; a name or a number.
        port: 0 for a free one.

        Raises:
          UserError: it cannot listen there.
        """
        self.model = model
        self._changed = threading.Condition()
        self._under_way = 0
        self._ending = False
        if ":" in host:
            self.address_family = socket.AF_INET6
        try:
            super().__init__((host, port), _Handler)
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or error
            raise UserError(
                f"The server cannot listen to {host}, port {port} ({reason}): take "
                "another --port or --host."
            ) from error

    def server_bind(self) -> None:
        """Without looking the host's name up, as the library does, for seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    @property
    def url(self) -> str:
        """Up to the version, as clients want it."""
        host, port = self.server_address[:2]
        brackets = self.address_family == socket.AF_INET6
        return f"http://{f'[{host}]' if brackets else host}:{port}/v1"

    def end(self, seconds: float) -> int:
        """Refuses new questions, and waits for answers under way, but not for longer.

        Returns:
          How many are still under way.
        """
        with self._changed:
            self._ending = True
            self._changed.wait_for(lambda: not self._under_way, seconds)
            return self._under_way

    @contextlib.contextmanager
    def answering(self) -> Iterator[None]:
        """A context in which a question is answered.

        Raises:
          Refused: the server ends.
        """
        with self._changed:
            if self._ending:
                raise Refused(503, "The server is ending.")
            self._under_way += 1
        try:
            yield
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tells the developer; a client that has gone is no mistake of ours."""
        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class _Handler(http.server.BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "hrm-jax"
    timeout = _PATIENCE
    server: Server
    _allowed = ""

    def _route(self) -> None:
        path = self.path.partition("?")[0]
        body = None
        try:
            body = self._body()
            page = self._page_at(path)
            if path in _ASKING:
                self._require("POST")
                with self.server.answering():
                    self._answer(body, chat=_ASKING[path])
            elif page is not None:
                self._require("GET", "HEAD")
                self._send(200, page)
            else:
                known = ", ".join((*_ASKING, "/v1/models", "/health"))
                raise Refused(404, f"There is nothing at {path}, but at {known}.")
        except Refused as refused:
            if body is None:  # what was not read would be taken for a question
                self.close_connection = True
            self._send(refused.status, refused.body)

    do_GET = do_HEAD = do_POST = _route
    do_DELETE = do_OPTIONS = do_PATCH = do_PUT = _route

    def _page_at(self, path: str) -> dict[str, Any] | None:
        """What stands at a path; None if nothing does."""
        if path == "/health":
            return {"status": "ok"}
        model = self.server.model
        models = {
            f"/v1/models/{name}": {
                "id": name,
                "object": "model",
                "created": 0,
                "owned_by": "hrm-jax",
            }
            for name in questions.names(model.name, model.learned)
        }
        if path == "/v1/models":
            return {"object": "list", "data": list(models.values())}
        return models.get(path)

    def _require(self, *methods: str) -> None:
        if self.command not in methods:
            self._allowed = ", ".join(methods)
            raise Refused(405, f"{self.command} is not offered here: {methods[0]} is.")

    def _body(self) -> bytes:
        """The body of the request, b"" if it has none.

        Raises:
          Refused: its length is not told, or is too much.
        """
        told = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers:
            raise Refused(411, "A body needs its length: set Content-Length.")
        # Of very many digits Python makes no number.
        if not told.isascii() or not told.isdecimal() or len(told) > _LENGTH_DIGITS:
            raise Refused(400, f"Content-Length is {told!r}, which is no length.")
        length = int(told)
        if length > LARGEST_BODY:
            # Read in vain: a client that cannot send does not hear either.
            left = min(length, _DRAINED)
            while left and (part := self.rfile.read(min(left, _PART))):
                left -= len(part)
            raise Refused(
                413,
                f"The body has {length:,} bytes, but at most {LARGEST_BODY:,} can be.",
            )
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionAbortedError
        return body

    def _answer(self, body: bytes, *, chat: bool) -> None:
        model = self.server.model
        question = questions.read(
            body, chat=chat, name=model.name, learned=model.learned
        )
        requests = model.requests(question)
        count = sum(len(request.prompt) for request in requests[:: question.n])
        spell = model.spell if question.logprobs else None
        reply = Reply(chat, question.model, model.fingerprint, count, spell)
        with contextlib.closing(model.service.answers(requests, question.stop)) as news:
            if question.stream:
                self._stream(self._heard(news), reply, question.usage)
                return
            found = [Piece("", "", 0)] * len(requests)
            for index, new in self._heard(news):
                old = found[index]
                found[index] = new._replace(
                    text=old.text + new.text, said=old.said + new.said
                )
        self._send(200, reply.whole(found))

    def _heard(self, news: Iterator[tuple[int, Piece]]) -> Iterator[tuple[int, Piece]]:
        """Passes pieces on as they come, until the client hangs up.

        Raises:
          Refused: the engine has failed.
        """
        try:
            for one in news:
                if self._gone():
                    raise ConnectionAbortedError
                yield one
        except ConnectionError:
            raise
        except Ended as error:
            raise Refused(503, "The server is ending: ask another one.") from error
        except Exception as error:  # whatever ended the engine
            raise Refused(500, f"The model has failed ({error!r}).") from error

    def _stream(
        self, news: Iterator[tuple[int, Piece]], reply: Reply, usage: bool
    ) -> None:
        # Nothing is sent before something has come: until then an error is a status.
        one = next(news)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-cache")
        # HTTP/1.0 knows no parts: there the end is that of the connection.
        parted = self.request_version != "HTTP/1.0"
        if parted:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.close_connection = True
        self.end_headers()
        send = self._chunk if parted else self.wfile.write
        tokens: dict[int, int] = {}
        try:
            while one:
                index, piece = one
                tokens[index] = piece.tokens
                send(reply.part(index, piece))
                one = next(news, None)
            if usage:
                send(reply.usage_event(sum(tokens.values())))
            send(STREAM_END)
        except Refused as refused:
            send(event(refused.body))
        if parted:
            self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, data: bytes) -> None:
        if data:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def _gone(self) -> bool:
        """Has the client closed the connection?"""
        poll = select.poll()
        poll.register(self.connection, select.POLLIN)
        return bool(poll.poll(0)) and not self.connection.recv(1, socket.MSG_PEEK)

    def _send(self, status: int, content: dict[str, Any]) -> None:
        data = json.dumps(content).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", self._allowed)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def send_error(
        self, code: int, message: str | None = None, explain: str | None = None
    ) -> None:
        """What the library refuses by itself, such as what is no HTTP."""
        told = message or HTTPStatus(code).phrase
        self.close_connection = True
        self._send(code, Refused(code, f"{told}.").body)

    def log_message(self, *about: Any) -> None:
        """Says nothing: questions are their askers' own."""
