"""Writes text with the model of the package that this file is a part of.

    python run.py --language=python PROMPT...     or --file, or a pipe

`run.py`, beside which it lies, checks the package and hands it over; beyond what that
needs it takes the package `tokenizers`.
"""

from __future__ import annotations

import argparse
import codecs
import json
import pathlib
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

_LANGUAGES = ("python", "cpp", "go", "java", "javascript", "rust")
"""Of packages of earlier versions, which do not tell."""
_ROOM = 64
"""Tokens that a cache first has room for beyond a prompt; then always twice as many."""


class TextError(Exception):
    """Why there is no text, in one sentence."""


class Writer:
    """Continues prompts, each token by the keys and values of those before it."""

    def __init__(self, package: Any):
        """Args:
        package: a `run.Package`.

        Raises:
          TextError: `tokenizers` is not there, or the tokenizer is another model's.
        """
        try:
            import tokenizers
        except ImportError as error:
            raise TextError(
                "tokenizers is not installed: `pip install tokenizers` brings it."
            ) from error
        path = package.folder / package.manifest["task"]["tokenizer"]
        self._tokenizer = tokenizers.Tokenizer.from_file(str(path))
        self._ids = self._tokenizer.get_vocab()
        model = package.manifest["model"]
        self._positions: int = model["seq_len"]
        task = package.manifest["task"]
        self._languages: Sequence[str] = task.get("languages", _LANGUAGES)
        if len(self._ids) > model["vocab_size"] or "<|answer|>" not in self._ids:
            raise TextError(
                f"{path} is another model's tokenizer: copy the package again."
            )
        texts = sorted(self._ids, key=self._ids.__getitem__)
        self._texts = [text.encode("latin-1") for text in texts]
        halting = package.manifest["halting"]
        self._most_segments: int = halting["max_segments"]
        self._min_confidence: float | None = halting["min_confidence"]
        self._prefill = package.session("prefill.onnx")
        self._decode = package.session("decode.onnx")

    def encode(self, prompt: str, language: str = "") -> list[int]:
        """The tokens that an answer follows.

        Args:
          language: "" for the usual one.

        Raises:
          TextError: it has not learned the language, or the prompt is too long.
        """
        known = self._languages
        language = language or known[0]
        if language not in known:
            raise TextError(
                f"The model has not learned {language!r}: take {', '.join(known)}."
            )
        # A character for each byte; the last line ends, as in training.
        text = prompt + "\n" if prompt and not prompt.endswith("\n") else prompt
        characters = text.encode("utf-8", "surrogatepass").decode("latin-1")
        body = self._tokenizer.encode(characters, add_special_tokens=False).ids
        tokens = [self._ids[f"<|{language}|>"], *body, self._ids["<|answer|>"]]
        if len(tokens) >= self._positions:
            raise TextError(
                f"The prompt has {len(tokens):,} tokens, but prompt and answer "
                f"together may have {self._positions:,}."
            )
        return tokens

    def generate(
        self,
        prompt: Sequence[int],
        max_tokens: int,
        temperature: float = 0.0,
        top_p: float = 1.0,
        seed: int = 0,
    ) -> Iterator[int]:
        """Tokens of an answer, up to its end.

        Args:
          temperature: 0 takes the most probable token.
          top_p: share of the probability that is drawn from, the likeliest tokens.
        """
        rng = np.random.default_rng(seed)
        told = self._read(prompt)
        logits, segment = told.pop("logits"), self._enough(told.pop("q_halt")[:, 0])
        cache, length = told, len(prompt)
        # What has no place of its own can still be said.
        room = min(max_tokens, self._positions - length + 1)
        for said in range(1, room + 1):
            token = self._choose(logits[segment, 0], temperature, top_p, rng)
            if token == self._ids["<|end|>"]:
                return
            yield token
            if said == room:
                return
            if length == next(iter(cache.values())).shape[2]:
                cache = {name: _longer(one, length) for name, one in cache.items()}
            logits, *new = self._decode.run(
                None,
                {
                    "tokens": np.array([token], np.int32),
                    "lengths": np.array([length], np.int32),
                    **cache,
                },
            )
            for name, places in zip(("keys", "values"), new, strict=True):
                for place, one in enumerate(places):
                    cache[f"{name}_{place}"][:, :, length] = one
            length += 1

    def segments(self, prompt: Sequence[int]) -> int:
        """After how many of them the tokens of an answer are said; all are computed."""
        if self._min_confidence is None:
            return self._most_segments
        return 1 + self._enough(self._read(prompt)["q_halt"][:, 0])

    def text(self, tokens: Iterator[int]) -> Iterator[str]:
        """The text of tokens, as soon as it is sure."""
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        for token in tokens:
            yield decoder.decode(self._texts[token])
        yield decoder.decode(b"", final=True)

    def _read(self, prompt: Sequence[int]) -> dict[str, np.ndarray]:
        """What the first graph says of a prompt, by name."""
        feed = {"tokens": np.array([prompt], np.int32)}
        feed["lengths"] = np.array([len(prompt)], np.int32)
        names = [output.name for output in self._prefill.get_outputs()]
        return dict(zip(names, self._prefill.run(None, feed), strict=True))

    def _enough(self, q_halt: np.ndarray) -> int:
        """The segment whose word counts: the first that believes in the answer, or the
        last."""
        if self._min_confidence is None:
            return len(q_halt) - 1
        sure = (1 / (1 + np.exp(-q_halt)) >= self._min_confidence) & (q_halt > 0)
        return int(sure.argmax()) if sure.any() else len(q_halt) - 1

    def _choose(
        self,
        logits: np.ndarray,
        temperature: float,
        top_p: float,
        rng: np.random.Generator,
    ) -> int:
        logits = logits[: len(self._texts)].astype(np.float64)
        logits[self._ids["<|pad|>"]] = -np.inf
        if not temperature:
            return int(logits.argmax())
        weights = np.exp((logits - logits.max()) / temperature)
        order = np.argsort(-weights, kind="stable")
        ordered = weights[order] / weights.sum()
        ordered[np.cumsum(ordered) - ordered >= top_p] = 0
        return int(rng.choice(order, p=ordered / ordered.sum()))


def _longer(cache: np.ndarray, length: int) -> np.ndarray:
    more = max(_ROOM, length)
    return np.pad(cache, ((0, 0), (0, 0), (0, more), (0, 0)))


def main(package: Any, arguments: Sequence[str] | None = None) -> int:
    """Prints the text as it comes; complaints go to the other output."""
    parser = argparse.ArgumentParser(description="Writes text with this package.")
    parser.add_argument("prompt", nargs="*", help="several words are one prompt")
    parser.add_argument("--file", help="that holds the prompt")
    parser.add_argument("--language", default="", help="that it has learned")
    parser.add_argument("--max-tokens", type=int, default=2**31)
    parser.add_argument("--temperature", type=float, default=0.0)
    parser.add_argument("--top-p", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=0, help="0 for all there are")
    parser.add_argument("--json", action="store_true", help="the whole answer as JSON")
    flags = parser.parse_args(arguments)
    if not 0 <= flags.temperature < float("inf") or not 0 < flags.top_p <= 1:
        parser.error("--temperature must be at least 0, and --top-p in (0, 1]")
    if flags.seed < 0 or flags.max_tokens < 1:
        parser.error("--seed must be at least 0, and --max-tokens at least 1")
    try:
        sys.stderr.write(package.warning())
        writer = Writer(package)
        prompt = writer.encode(_prompt(flags), flags.language)
        drawn = flags.temperature, flags.top_p, flags.seed
        texts = writer.text(writer.generate(prompt, flags.max_tokens, *drawn))
        if flags.json:
            print(json.dumps({"answer": "".join(texts)}))
            return 0
        for text in texts:
            print(text, end="", flush=True)
        return 0
    except TextError as error:
        print(error, file=sys.stderr)
        return 2


def _prompt(flags: argparse.Namespace) -> str:
    if flags.prompt and flags.file:
        raise TextError("The prompt is arguments or --file, but not both.")
    if flags.prompt:
        return " ".join(flags.prompt)
    try:
        if flags.file:
            return pathlib.Path(flags.file).read_text("utf-8")
        return sys.stdin.read()
    except (OSError, UnicodeDecodeError) as error:
        name = flags.file or "standard input"
        raise TextError(f"{name} cannot be read ({error}).") from error
