"""The fields of a question: each is known and of its kind, or refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from data_pipeline.schema import UserError, require_text

_IDLE: Mapping[str, tuple[Any, ...]] = {
    "best_of": (1,),
    "echo": (False,),
    "frequency_penalty": (0,),
    "function_call": ("none",),
    "logit_bias": ({},),
    "parallel_tool_calls": (False, True),
    "presence_penalty": (0,),
    "response_format": ({"type": "text"},),
    "tool_choice": ("none",),
    "tools": ([],),
    "top_logprobs": (0,),
}
"""Fields of OpenAI's that are not honoured here, and the values that ask for nothing,
as null does."""
_ABOUT_THE_CLIENT = (
    *("metadata", "prompt_cache_key", "safety_identifier", "service_tier", "store"),
    "user",
)
_HONOURED = (
    *("files", "grammar", "language", "logprobs", "max_completion_tokens"),
    *("max_tokens", "messages", "model", "n", "prompt", "seed", "stop", "stream"),
    *("stream_options", "suffix", "temperature", "top_p"),
)
_OF_CHATS = ("max_completion_tokens", "messages")
_OF_COMPLETIONS = ("prompt", "suffix")


class Refused(UserError):
    """A question that gets no answer.

    Attributes:
      status: of HTTP.
      param: the field at fault, or None.
      code: for programs, or None.
    """

    def __init__(
        self, status: int, told: str, param: str | None = None, code: str | None = None
    ):
        super().__init__(told)
        self.status = status
        self.param = param
        self.code = code

    @property
    def body(self) -> dict[str, Any]:
        """As OpenAI says it."""
        kind = "server_error" if self.status >= 500 else "invalid_request_error"
        return {
            "error": {
                "message": str(self),
                "type": kind,
                "param": self.param,
                "code": self.code,
            }
        }


def read(body: bytes, chat: bool) -> dict[str, Any]:
    """All fields of a body.

    Raises:
      Refused: it is no JSON object, or one of its fields is not offered here.
    """
    here, there, of_others = "completion", "/v1/chat/completions", _OF_CHATS
    if chat:
        here, there, of_others = "chat", "/v1/completions", _OF_COMPLETIONS
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(400, f"The body is no JSON ({error}).") from error
    if not isinstance(found, dict):
        raise Refused(400, "The body must be a JSON object.")
    for field, value in found.items():
        if field in of_others and value:
            raise Refused(400, f"A {here} has no {field!r}: ask {there}.", field)
        if field in (*_HONOURED, *_ABOUT_THE_CLIENT) or value is None:
            continue
        if field not in _IDLE:
            raise Refused(400, f"There is no field {field!r}.", field)
        # In Python, but not in JSON, false equals 0.
        idle = (
            one == value and isinstance(one, bool) == isinstance(value, bool)
            for one in _IDLE[field]
        )
        if not any(idle):
            told = json.dumps(value)[:60]
            raise Refused(
                400, f"{field!r} is {told}, which is not offered: leave it out.", field
            )
    return found


def text(fields: Mapping[str, Any], field: str) -> str:
    """ "" where it is not given."""
    value = fields.get(field)
    if value is not None and not isinstance(value, str):
        raise Refused(400, f"{field!r} must be a text.", field)
    require_unicode(field, value or "")
    return value or ""


def require_unicode(field: str, *texts: str) -> None:
    """JSON may hold halves of characters, which no tokenizer takes."""
    try:
        for text in texts:
            require_text(repr(field), text)
    except UserError as error:
        raise Refused(400, str(error), field) from error


def switch(fields: Mapping[str, Any], field: str) -> bool:
    """False where it is not given."""
    value = fields.get(field)
    if value is not None and not isinstance(value, bool):
        raise Refused(400, f"{field!r} must be true or false.", field)
    return bool(value)


def number(
    fields: Mapping[str, Any],
    field: str,
    otherwise: Any,
    least: int,
    most: int,
    *,
    whole: bool = False,
) -> Any:
    """Args: otherwise: where it is not given."""
    value = fields.get(field)
    if value is None:
        return otherwise
    known = isinstance(value, int if whole else (int, float))
    if not known or isinstance(value, bool) or not least <= value <= most:
        kind = "a whole number" if whole else "a number"
        raise Refused(
            400, f"{field!r} must be {kind} from {least:,} to {most:,}.", field
        )
    return value
