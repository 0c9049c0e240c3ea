"""Models behind HTTP, in the form of OpenAI's completions and chat completions."""

from __future__ import annotations

import dataclasses
import functools
import http.client
import json
import math
import os
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from data_pipeline.schema import UserError
from eval.benchmarks.models import Completion, ContextExhausted, OutOfTime
from eval.benchmarks.problem import Problem, Prompt

KEY_VARIABLE = "OPENAI_API_KEY"
_MOST_STOP = 4
"""Stop words that OpenAI's interface takes; extraction cuts at the others."""
_PASSING = (408, 409, 425, 429)
_LONGEST_PAUSE = 60.0
_EXHAUSTED = re.compile(
    "context_length_exceeded|exceed_context_size_error|context (length|size|window)"
    "|maximum model length|too long to fit",
    re.IGNORECASE,
)
"""What an error says of a prompt that is too long: OpenAI's code, llama.cpp's type, and
the words of llama.cpp, vLLM and SGLang, which have no code for it."""


@dataclasses.dataclass(frozen=True)
class Sampling:
    """Attributes:
    temperature: 0 for the most likely answer.
    top_p: share of probability that is drawn from.
    max_tokens: of an answer.
    seed: of all that is drawn.
    """

    temperature: float
    top_p: float
    max_tokens: int
    seed: int = 0

    def seed_of(self, problem: str, index: int) -> int:
        """The seed of one sample, below 2**32.

        Args:
          problem: its id.
        """
        # Earlier versions knew no seed, and drew as 0 does.
        seed = f" {self.seed}" * bool(self.seed)
        return zlib.crc32(f"{problem} {index}{seed}".encode())


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """A `models.Model` that is asked over HTTP.

    Attributes:
      url: up to the version: http://localhost:8000/v1.
      name: of the model, as the server knows it.
      chat: ask for a chat's answer, not for a continuation.
      at_once: questions at once.
      tries: of each question, where the server is busy or out of reach.
      seconds: that an answer may take.
      pause: sleeps for seconds.
      more: fields of each question that OpenAI's interface does not have, or not all
        servers take.
      within: seconds for all tries of a question, pauses included.
    """

    url: str
    name: str
    sampling: Sampling
    chat: bool = False
    at_once: int = 16
    tries: int = 7
    seconds: float = 600.0
    pause: Callable[[float], None] = time.sleep
    more: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    within: float = math.inf

    def __post_init__(self) -> None:
        try:
            parts = urllib.parse.urlsplit(self.url)
            known = parts.scheme in ("http", "https") and parts.port != 0
        except ValueError:  # brackets without an end, or a port that is no number
            known = False
        if not known or not parts.hostname:
            raise UserError(
                f"--model is {self.url!r}, but it must be the address of a server: "
                "http://localhost:8000/v1."
            )

    def available(self, problem: Problem) -> int:
        return 1_000_000

    def complete(self, problem: Problem, prompt: Prompt, index: int) -> Completion:
        """See `completion`; a server is told a seed where that is not 0."""
        if not self.sampling.seed:
            return self.completion(prompt)
        seed = self.sampling.seed_of(problem.id, index)
        more = {"seed": seed, **self.more}
        return dataclasses.replace(self, more=more).completion(prompt)

    def completion(self, prompt: Prompt) -> Completion:
        """One answer; a busy server is asked again after 1, 2, 4 ... seconds.

        Raises:
          ContextExhausted: the context does not hold the prompt.
          OutOfTime: it was waited for when `within` was over.
          UserError: the server refuses, cannot be reached, or makes no sense.
        """
        ends = time.monotonic() + self.within
        asked_to_wait = 0.0
        for attempt in range(1, self.tries + 1):
            waited = False
            try:
                return self._understood(self._ask(prompt, ends))
            except urllib.error.HTTPError as error:
                said = _body(error)
                if _EXHAUSTED.search(said):
                    raise ContextExhausted from error
                complaint = f"{error.code} {_words(said) or error.reason}"
                if error.code not in _PASSING and error.code < 500:
                    raise UserError(f"{self.url} refuses: {complaint}.") from error
                asked_to_wait = max(asked_to_wait, _asked_to_wait(error))
            except (OSError, http.client.HTTPException) as error:
                why = getattr(error, "reason", error)
                complaint = str(why) or repr(error)
                waited = isinstance(why, TimeoutError)
            pause = min(max(2.0 ** (attempt - 1), asked_to_wait), _LONGEST_PAUSE)
            over = time.monotonic() + pause >= ends
            if over and waited:
                raise OutOfTime
            _tell(self.url, complaint)
            if over or attempt == self.tries:
                break
            self.pause(pause)
        raise UserError(
            f"{self.url} gave no answer in {attempt} tries ({complaint}); the same "
            "command goes on where this one stopped."
        )

    def _ask(self, prompt: Prompt, ends: float) -> bytes:
        body: dict[str, Any] = {
            "model": self.name,
            "temperature": self.sampling.temperature,
            "top_p": self.sampling.top_p,
            "max_tokens": self.sampling.max_tokens,
            **self.more,
        }
        if self.chat:
            # Stop words are for continuations: a chat may well say them on its way.
            said = [text for turn in prompt.turns for text in turn]
            system = [{"role": "system", "content": prompt.system}]
            body["messages"] = system * bool(prompt.system) + [
                {"role": ("user", "assistant")[place % 2], "content": text}
                for place, text in enumerate([*said, prompt.text])
            ]
        else:
            body["prompt"] = prompt.whole
            if prompt.stop:
                body["stop"] = list(prompt.stop[:_MOST_STOP])
        headers = {"Content-Type": "application/json"}
        if key := os.environ.get(KEY_VARIABLE):
            headers["Authorization"] = f"Bearer {key}"
        path = "/chat/completions" if self.chat else "/completions"
        request = urllib.request.Request(
            self.url.rstrip("/") + path, json.dumps(body).encode(), headers
        )
        # No time at all would mean not to wait for anything.
        left = max(min(self.seconds, ends - time.monotonic()), 0.001)
        with self._opener().open(request, timeout=left) as answer:
            return answer.read()

    def _opener(self) -> urllib.request.OpenerDirector:
        """A server of this machine is never asked through a proxy."""
        host = urllib.parse.urlsplit(self.url).hostname
        if host in ("localhost", "127.0.0.1", "::1"):
            return urllib.request.build_opener(urllib.request.ProxyHandler({}))
        return urllib.request.build_opener()

    def _understood(self, answer: bytes) -> Completion:
        try:
            told = json.loads(answer)
            choice = told["choices"][0]
            text = choice["message"]["content"] if self.chat else choice["text"]
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise UserError(
                f"{self.url} answers with {answer[:80]!r}, which is no completion."
            ) from error
        text = text if isinstance(text, str) else ""
        cut = choice.get("finish_reason") == "length"
        likely = _log_probs(choice.get("logprobs"), self.chat)
        said, read = _tokens(told, "completion"), _tokens(told, "prompt")
        return Completion(text, cut, likely, said, read=read)


def _tokens(told: Any, part: str) -> int | None:
    """Of the answer or the prompt, as far as a server counts them."""
    try:
        return int(told["usage"][f"{part}_tokens"])
    except (KeyError, TypeError, ValueError):
        return None


def _log_probs(told: Any, chat: bool) -> tuple[float, ...]:
    """As a chat or a continuation has them."""
    try:
        if chat:
            return tuple(float(one["logprob"]) for one in told["content"])
        return tuple(map(float, told["token_logprobs"]))
    except (KeyError, TypeError, ValueError):
        return ()


@functools.cache
def _tell(url: str, complaint: str) -> None:
    """Says once that an answer is being waited for."""
    print(f"{url}: {complaint}; it is asked again.", file=sys.stderr, flush=True)


def _body(error: urllib.error.HTTPError) -> str:
    """What came with an error; "" if it was cut off."""
    try:
        return error.read(4096).decode(errors="replace")
    except (OSError, http.client.HTTPException):
        return ""


def _words(body: str) -> str:
    """The server's own words, on one line."""
    text = body
    try:
        told = json.loads(body)
        text = told.get("message") or told["error"]["message"]
    except (ValueError, KeyError, TypeError, AttributeError):
        pass  # then the words as they are
    return " ".join(str(text).split())[:200].rstrip(".")


def _asked_to_wait(error: urllib.error.HTTPError) -> float:
    """Seconds, of the header Retry-After."""
    text = error.headers.get("Retry-After", "") if error.headers else ""
    return float(text) if text.isdecimal() else 0.0
