"""Answers in the form of OpenAI's completions and chat completions."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Sequence
from typing import Any

from hrm_jax.text.service import Piece

STREAM_END = b"data: [DONE]\n\n"


class Reply:
    """What a question is answered with, whole or as a stream of events."""

    def __init__(self, chat: bool, model: str, fingerprint: str, prompt_tokens: int):
        """Args:
        model: as it was asked for.
        fingerprint: of its weights.
        prompt_tokens: of all prompts.
        """
        self._chat = chat
        self._prompt_tokens = prompt_tokens
        self._head = {
            "id": ("chatcmpl-" if chat else "cmpl-") + uuid.uuid4().hex,
            "created": int(time.time()),
            "model": model,
            "system_fingerprint": fingerprint,
        }
        self._begun: set[int] = set()

    def whole(self, pieces: Sequence[Piece]) -> dict[str, Any]:
        """The answers, each as one piece."""
        kind = "chat.completion" if self._chat else "text_completion"
        choices = []
        for index, piece in enumerate(pieces):
            text = {"text": piece.text}
            if self._chat:
                text = {"message": {"role": "assistant", "content": piece.text}}
            choices.append(_choice(index, text, piece.reason))
        usage = self._usage(sum(piece.tokens for piece in pieces))
        return {**self._head, "object": kind, "choices": choices, "usage": usage}

    def part(self, index: int, piece: Piece) -> bytes:
        """An event of a stream; b"" if there is nothing to tell."""
        if not piece.text and not piece.reason:
            return b""
        text: dict[str, Any] = {"text": piece.text}
        if self._chat:
            role = {} if index in self._begun else {"role": "assistant"}
            text = {"delta": {**role, "content": piece.text}}
        self._begun.add(index)
        return self._event([_choice(index, text, piece.reason or None)])

    def usage_event(self, tokens: int) -> bytes:
        """The event that tells the usage, which has no answer in it.

        Args:
          tokens: of all answers.
        """
        return self._event([], usage=self._usage(tokens))

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


def _choice(index: int, text: dict[str, Any], reason: str | None) -> dict[str, Any]:
    return {"index": index, **text, "logprobs": None, "finish_reason": reason}
