"""`generate`: text from the run in a workdir, as it comes."""

from __future__ import annotations

import pathlib
import sys

from commands.benchmark_options import number
from commands.flags import CommandLine
from commands.text_run import TextRun
from data_pipeline.schema import UserError
from data_pipeline.text.rows import encode_prompt
from data_pipeline.text.special import LANGUAGES
from hrm_jax.text.engine import Engine, Request
from hrm_jax.text.words import Words

_TOKENS = 256
_AT_ONCE = 64


def run(line: CommandLine) -> int:
    """Prints the answers to prompts: arguments, or the text of `--file` or of a pipe.

    Raises:
      UserError: there is no prompt, no run of text, or a prompt is too long.
    """
    values = line.flags
    language = values.language or "python"
    if language not in LANGUAGES:
        raise UserError(
            f"--language is {language!r}, but it must be one of {', '.join(LANGUAGES)}."
        )
    prompts = line.arguments or [_text(values.file)]
    samples = int(number(values, "samples", 1, whole=True))
    temperature = number(values, "temperature", 0.0, least=0, most=10)
    top_p = number(values, "top_p", 1.0, least=0, most=1)
    limit = int(number(values, "max_tokens", _TOKENS, whole=True))
    seed = int(number(values, "seed", 0, whole=True, least=0))
    run = TextRun.of(line)
    requests = [
        Request(
            encode_prompt(language, prompt, run.tokenizer),
            limit,
            temperature,
            top_p,
            seed + index,
        )
        for prompt in prompts
        for index in range(samples)
    ]
    engine = run.engine(min(len(requests), _AT_ONCE))
    _print(engine, requests, run)
    print(_told(engine), file=sys.stderr)
    return 0


def _text(path: str | None) -> str:
    if path:
        try:
            return pathlib.Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"{path} cannot be read as text ({error}).") from error
    if sys.stdin.isatty():
        raise UserError("`generate` needs a prompt: as an argument, --file or a pipe.")
    return sys.stdin.read()


def _print(engine: Engine, requests: list[Request], run: TextRun) -> None:
    """The first answer as it comes, the others behind it, in order."""
    answers = [Words(run.tokenizer) for _ in requests]
    texts, ended, current = [""] * len(requests), [False] * len(requests), 0
    for news in engine.run(requests):
        last = bool(news.reason)
        texts[news.number] += answers[news.number].add(news.tokens, last=last)
        ended[news.number] = last
        while current < len(requests):
            print(texts[current], end="", flush=True)
            texts[current] = ""
            if not ended[current]:
                break
            print()
            current += 1


def _told(engine: Engine) -> str:
    speed = engine.speed
    return (
        f"\n{speed.tokens:,} tokens in {speed.seconds:.1f} s, compiling included "
        f"({speed.tokens_per_second:,.0f} a second); the first after "
        f"{min(speed.first_seconds):.1f} s; {engine.memory_bytes() / 2**20:,.0f} MiB "
        "of weights and cache."
    )
