"""What a client asks, in the form of OpenAI's completions and chat completions.

Beyond OpenAI's fields a question may have `language`, one that the model has learned;
without it the model's name may end with one, as in "NAME:rust"; else it is the usual
one, python if that is learned. `grammar` is one of `grammars.GRAMMARS`, and `files`,
path to content, what may be edited.

The messages of a chat become one prompt: their texts in order, an empty line between
them, without the roles. Without `max_tokens` an answer may fill the context. Fields
that this server cannot honour are refused, unless they ask for nothing.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any, NamedTuple

from hrm_jax.text import json_fields
from hrm_jax.text.json_fields import Refused
from hrm_jax.text.learned import Learned

MOST_ANSWERS = 128
"""To one question: for one prompt `n` may be as much as OpenAI has it."""
_ROLES = ("system", "developer", "user", "assistant")


class Question(NamedTuple):
    """What a client asks, with every field filled in.

    Attributes:
      model: as it was asked for.
      language: that the model has learned.
      prompts: each is answered `n` times.
      n, temperature, top_p, seed, stop: of the answers; the i-th one has the seed
        `seed` + i.
      max_tokens: None for all that the context holds.
      stream: tell the answers as they come.
      usage: tell the tokens at a stream's end.
      logprobs: tell the log-probability of each token, but of no others.
      grammar: that answers keep to; "" for none.
      files: see `grammars.pattern`.
      suffix: what stands behind the answers, the prompts being what stands before; ""
        for nothing.
    """

    model: str
    language: str
    prompts: list[str]
    n: int
    max_tokens: int | None
    temperature: float
    top_p: float
    seed: int
    stop: list[str]
    stream: bool
    usage: bool
    logprobs: bool
    grammar: str
    files: dict[str, str]
    suffix: str = ""


def names(name: str, learned: Learned) -> list[str]:
    """What a model may be asked for as: by its name, or with a language behind it."""
    return [name, *(f"{name}:{language}" for language in learned.languages)]


def read(body: bytes, *, chat: bool, name: str, learned: Learned) -> Question:
    """The question in a body.

    Args:
      name: of the model that is there.
      learned: by it.

    Raises:
      Refused: it is none, or asks for what there is not.
    """
    fields = json_fields.read(body, chat)
    model, language = _model(fields, name, learned)
    stream = json_fields.switch(fields, "stream")
    seed = json_fields.number(fields, "seed", None, -(2**63), 2**63 - 1, whole=True)
    prompts = [_conversation(fields)] if chat else _prompts(fields)
    most = MOST_ANSWERS // len(prompts)
    if not most:
        raise Refused(
            400,
            f"'prompt' has {len(prompts):,} texts, but at most {MOST_ANSWERS} can be.",
            "prompt",
        )
    return Question(
        model=model,
        language=language,
        prompts=prompts,
        n=json_fields.number(fields, "n", 1, 1, most, whole=True),
        max_tokens=_limit(fields),
        temperature=float(json_fields.number(fields, "temperature", 1, 0, 10)),
        top_p=float(json_fields.number(fields, "top_p", 1, 0, 1)),
        seed=random.getrandbits(32) if seed is None else seed,
        stop=_stop(fields),
        stream=stream,
        usage=_usage(fields, stream),
        logprobs=_logprobs(fields, chat),
        grammar=json_fields.text(fields, "grammar"),
        files=_files(fields),
        suffix=_suffix(fields, learned),
    )


def _model(fields: Mapping[str, Any], name: str, learned: Learned) -> tuple[str, str]:
    """The model's name as it was asked for, and the language of its answers."""
    model = json_fields.text(fields, "model") or name
    known = names(name, learned)
    if model not in known:
        raise Refused(
            404,
            f"There is no model {model!r}: take {', '.join(known)}.",
            "model",
            "model_not_found",
        )
    language = json_fields.text(fields, "language")
    if language and language not in learned.languages:
        raise Refused(
            400,
            f"'language' is {language!r}, but the model has learned only "
            f"{', '.join(learned.languages)}: take one that it has learned.",
            "language",
        )
    named = "" if model == name else model.removeprefix(f"{name}:")
    if language and named and language != named:
        raise Refused(
            400,
            f"'language' is {language!r}, but the model's name says {named!r}: "
            "give one of them.",
            "language",
        )
    return model, language or named or learned.usual


def _prompts(fields: Mapping[str, Any]) -> list[str]:
    given: Any = fields.get("prompt")
    prompts = given if isinstance(given, list) else [given]
    if not prompts or not all(isinstance(prompt, str) for prompt in prompts):
        raise Refused(
            400, "'prompt' must be a text, or a list of texts, not of tokens.", "prompt"
        )
    json_fields.require_unicode("prompt", *prompts)
    return prompts


def _conversation(fields: Mapping[str, Any]) -> str:
    messages = fields.get("messages")
    if not isinstance(messages, list) or not messages:
        raise Refused(400, "'messages' must be a list of one at least.", "messages")
    return "\n\n".join(_said(message) for message in messages)


def _said(message: Any) -> str:
    if not isinstance(message, dict) or message.get("role") not in _ROLES:
        raise Refused(
            400,
            f"Each of 'messages' must be an object whose 'role' is one of "
            f"{', '.join(_ROLES)}.",
            "messages",
        )
    _require_only(message, "role", "content")
    content = message.get("content")
    parts = (
        content if isinstance(content, list) else [{"type": "text", "text": content}]
    )
    texts = []
    for part in parts:
        text = part.get("text") if isinstance(part, dict) else None
        if not isinstance(text, str) or part.get("type") != "text":
            raise Refused(
                400,
                "'content' of a message must be text, or parts of text.",
                "messages",
            )
        _require_only(part, "type", "text")
        texts.append(text)
    json_fields.require_unicode("messages", *texts)
    return "".join(texts)


def _require_only(part: Mapping[str, Any], *known: str) -> None:
    """What is empty asks for nothing: clients send whole answers back."""
    for field, value in part.items():
        if field not in known and value not in (None, "", [], {}):
            raise Refused(
                400,
                f"A message has {field!r}, which is not offered: leave it out.",
                "messages",
            )


def _limit(fields: Mapping[str, Any]) -> int | None:
    """Tokens of an answer; a chat may call it by either name, or by both alike."""
    limits = {
        json_fields.number(fields, field, None, 1, 2**31 - 1, whole=True)
        for field in ("max_completion_tokens", "max_tokens")
    } - {None}
    if len(limits) > 1:
        raise Refused(
            400,
            "'max_tokens' and 'max_completion_tokens' differ: give one of them.",
            "max_tokens",
        )
    return next(iter(limits), None)


def _stop(fields: Mapping[str, Any]) -> list[str]:
    given = fields.get("stop")
    words = [] if given is None else given if isinstance(given, list) else [given]
    if not all(isinstance(word, str) and word for word in words):
        raise Refused(
            400,
            "'stop' must be a text, or a list of texts, none of them empty.",
            "stop",
        )
    json_fields.require_unicode("stop", *words)
    return words


def _usage(fields: Mapping[str, Any], stream: bool) -> bool:
    options = fields.get("stream_options")
    if options is None:
        return False
    if not stream:
        raise Refused(
            400, "'stream_options' are for a 'stream' that is true.", "stream_options"
        )
    if not isinstance(options, dict) or set(options) - {"include_usage"}:
        raise Refused(
            400, "'stream_options' may have 'include_usage' alone.", "stream_options"
        )
    return json_fields.switch(options, "include_usage")


def _logprobs(fields: Mapping[str, Any], chat: bool) -> bool:
    """Of a chat a switch, of a continuation how many other tokens to tell as well."""
    if chat:
        return json_fields.switch(fields, "logprobs")
    value = fields.get("logprobs")
    if value is None or value is False:
        return False
    if value is True or value != 0:
        raise Refused(
            400,
            "'logprobs' must be 0: no token is told but those of the answer.",
            "logprobs",
        )
    return True


def _files(fields: Mapping[str, Any]) -> dict[str, str]:
    files = fields.get("files")
    if files is None:
        return {}
    if not isinstance(files, dict) or not all(
        isinstance(text, str) for text in files.values()
    ):
        raise Refused(
            400, "'files' must be an object of paths and their contents.", "files"
        )
    if not fields.get("grammar"):
        raise Refused(400, "'files' is for a 'grammar'.", "files")
    json_fields.require_unicode("files", *files, *files.values())
    return files


def _suffix(fields: Mapping[str, Any], learned: Learned) -> str:
    suffix = json_fields.text(fields, "suffix")
    reason = ""
    if fields.get("grammar"):
        reason = (
            "'suffix' asks for what fills a hole, and 'grammar' for an action or an "
            "edit: leave one of them out."
        )
    elif not learned.holes:
        reason = (
            "'suffix' asks for what fills a hole, which the model has never learned: "
            "leave it out."
        )
    if suffix and reason:
        raise Refused(400, reason, "suffix")
    return suffix
