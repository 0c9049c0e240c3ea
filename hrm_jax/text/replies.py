"""Answers in the form of OpenAI's completions and chat completions."""

from __future__ import annotations

import collections
import json
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from hrm_jax.text.service import Piece

STREAM_END = b"data: [DONE]\n\n"


class Reply:
    """What a question is answered with, whole or as a stream of events."""

    def __init__(
        self,
        chat: bool,
        model: str,
        fingerprint: str,
        prompt_tokens: int,
        spell: Callable[[int], bytes] | None = None,
    ):
        """Args:
        model: as it was asked for.
        fingerprint: of its weights.
        prompt_tokens: of all prompts.
        spell: bytes of a token, where log-probabilities are to be told.
        """
        self._chat, self._spell = chat, spell
        self._prompt_tokens = prompt_tokens
        self._head = {
            "id": ("chatcmpl-" if chat else "cmpl-") + uuid.uuid4().hex,
            "created": int(time.time()),
            "model": model,
            "system_fingerprint": fingerprint,
        }
        self._begun: set[int] = set()
        self._offsets: collections.Counter[int] = collections.Counter()

    def whole(self, pieces: Sequence[Piece]) -> dict[str, Any]:
        """The answers, each as one piece."""
        kind = "chat.completion" if self._chat else "text_completion"
        choices = []
        for index, piece in enumerate(pieces):
            text = {"text": piece.text}
            if self._chat:
                text = {"message": {"role": "assistant", "content": piece.text}}
            choices.append(self._choice(index, text, piece, piece.reason))
        usage = self._usage(sum(piece.tokens for piece in pieces))
        return {**self._head, "object": kind, "choices": choices, "usage": usage}

    def part(self, index: int, piece: Piece) -> bytes:
        """An event of a stream; b"" if there is nothing to tell."""
        told = self._spell is not None and piece.said
        if not piece.text and not piece.reason and not told:
            return b""
        text: dict[str, Any] = {"text": piece.text}
        if self._chat:
            role = {} if index in self._begun else {"role": "assistant"}
            text = {"delta": {**role, "content": piece.text}}
        self._begun.add(index)
        return self._event([self._choice(index, text, piece, piece.reason or None)])

    def usage_event(self, tokens: int) -> bytes:
        """The event that tells the usage, which has no answer in it.

        Args:
          tokens: of all answers.
        """
        return self._event([], usage=self._usage(tokens))

    def _choice(
        self, index: int, text: dict[str, Any], piece: Piece, reason: str | None
    ) -> dict[str, Any]:
        logprobs = None
        if self._spell is not None:
            spelled = [self._spell(one.token) for one in piece.said]
            log_probs = [one.log_prob for one in piece.said]
            logprobs = self._logprobs(index, spelled, log_probs)
        return {"index": index, **text, "logprobs": logprobs, "finish_reason": reason}

    def _logprobs(
        self, index: int, spelled: Sequence[bytes], log_probs: Sequence[float]
    ) -> dict[str, Any]:
        """Tokens and their log-probabilities; of a continuation also at which character
        of the answer each begins, as far as bytes of its own are characters."""
        texts = [raw.decode(errors="replace") for raw in spelled]
        if self._chat:
            content = [
                {"token": text, "logprob": p, "bytes": list(raw), "top_logprobs": []}
                for text, raw, p in zip(texts, spelled, log_probs, strict=True)
            ]
            return {"content": content}
        offsets = []
        for text in texts:
            offsets.append(self._offsets[index])
            self._offsets[index] += len(text)
        return {
            "tokens": texts,
            "token_logprobs": list(log_probs),
            "top_logprobs": None,
            "text_offset": offsets,
        }

    def _event(self, choices: list[dict[str, Any]], **more: Any) -> bytes:
        kind = "chat.completion.chunk" if self._chat else "text_completion"
        return event({**self._head, "object": kind, "choices": choices, **more})

    def _usage(self, tokens: int) -> dict[str, int]:
        return {
            "prompt_tokens": self._prompt_tokens,
            "completion_tokens": tokens,
            "total_tokens": self._prompt_tokens + tokens,
        }


def event(content: dict[str, Any]) -> bytes:
    """A server-sent event."""
    return b"data: " + json.dumps(content).encode() + b"\n\n"
