"""`generate`: text from the run in a workdir, as it comes."""

from __future__ import annotations

import json
import pathlib
import sys
from collections.abc import Iterator, Sequence

from absl import flags

from commands.flag_values import drawn, number
from commands.flags import CommandLine
from commands.text_run import TextRun
from data_pipeline.schema import UserError, require_text
from data_pipeline.text.corpus.source_file import language_of
from data_pipeline.text.rows import encode_question
from hrm_jax.text import grammars
from hrm_jax.text.engine import Engine, Request
from hrm_jax.text.grammar import Grammar, Vocabulary
from hrm_jax.text.words import Words

_TOKENS = 256
_AT_ONCE = 64
_SHOWN = 40
"""Characters of a prompt that is no text."""


def run(line: CommandLine) -> int:
    """Prints the answers to prompts: arguments, or the text of `--file` or of a pipe.

    With `--grammar=edits` the file is the one that is edited. It stands in the prompt,
    behind what is asked, as in the tasks that the model has learned from, and its name
    tells the language where `--language` does not.

    Raises:
      UserError: there is no prompt, no run of text, a flag is wrong, a prompt is too
        long, or the run has not learned what is asked for.
    """
    values = line.flags
    edited = values.file if values.grammar == "edits" else None
    samples, temperature, top_p, seed = drawn(values)
    limit = int(number(values, "max_tokens", _TOKENS, whole=True))
    stop = [values.stop] if values.stop else []
    suffix = _suffix(values)
    require_text("--stop", values.stop or "")
    prompts, files = _asked(line.arguments, values.file, values.grammar)
    pattern = grammars.pattern(values.grammar, files) if values.grammar else None
    run = TextRun.of(line)
    language = _language(run, values.language, edited)
    if suffix:
        _require_holes(run)
    rule = None
    if pattern is not None:
        vocabulary = Vocabulary(run.tokenizer, run.train_config.model.vocab_size)
        rule = Grammar(pattern, vocabulary).rule
    requests = [
        Request(
            encode_question(language, prompt, run.tokenizer, suffix),
            limit,
            temperature,
            top_p,
            seed + index,
            rule,
        )
        for prompt in prompts
        for index in range(samples)
    ]
    engine = run.engine(min(len(requests), _AT_ONCE))
    asked = [prompt for prompt in prompts for _ in range(samples)]
    answers = _Answers(run, asked, stop)
    (answers.write if values.json else answers.print)(engine, requests)
    if answers.cut:
        print(
            f"\n{answers.cut} of {len(requests)} answers do not end within "
            f"--max_tokens={limit} or the context of "
            f"{run.train_config.model.seq_len} tokens, and are cut off.",
            file=sys.stderr,
        )
    print(_speed_line(engine), file=sys.stderr)
    return 0


def _suffix(values: flags.FlagValues) -> str:
    """What follows the answer; "" where nothing has to."""
    suffix = values.suffix or ""
    require_text("--suffix", suffix)
    if suffix and values.grammar:
        raise UserError(
            "--suffix asks for what fills a hole, and --grammar for an action or an "
            "edit: leave one of them out."
        )
    return suffix


def _require_holes(run: TextRun) -> None:
    if not run.learned.holes:
        raise UserError(
            f"--suffix asks for what fills a hole, which the run in {run.workdir} has "
            "never learned: leave it out, or take a run of data.dataset=corpus and "
            "data.fill_in_middle."
        )


def _language(run: TextRun, wanted: str | None, edited: str | None) -> str:
    """The language to answer in.

    Args:
      edited: path of the file that is edited.
    """
    of_file = language_of(edited) if edited else None
    asking = "--language asks for an answer" if wanted else f"{edited} is"
    language = wanted or of_file or run.learned.usual
    run.require_languages(asking, [language])
    return language


def _asked(
    arguments: Sequence[str], file: str | None, grammar: str | None
) -> tuple[list[str], dict[str, str]]:
    """The prompts, and the file that may be edited."""
    if grammar == "edits":
        if not file:
            raise UserError("--grammar=edits needs the file that is edited: --file.")
        path = pathlib.Path(file)
        name = path.name if path.is_absolute() else path.as_posix()
        content = _content(file)
        end = "" if content.endswith("\n") else "\n"
        prompts = list(arguments) or [_piped()]
        asked = [f"{text}\n{name}:\n{content}{end}Edit it.\n" for text in prompts]
        return _texts(asked), {name: content}
    if arguments and file:
        raise UserError("The prompts are arguments or --file, but not both.")
    return _texts(arguments or [_content(file) if file else _piped()]), {}


def _content(path: str) -> str:
    try:
        return pathlib.Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read as text ({error}).") from error


def _piped() -> str:
    if sys.stdin is None or sys.stdin.isatty():
        raise UserError("`generate` needs a prompt: as an argument, --file or a pipe.")
    try:
        text = sys.stdin.read()
    except UnicodeDecodeError as error:
        raise UserError(f"What is piped in is no text ({error}).") from error
    if not text:
        raise UserError("Nothing is piped in: `generate` needs a prompt.")
    return text


def _texts(prompts: Sequence[str]) -> list[str]:
    """The prompts, without what a shell passes that is no text."""
    for prompt in prompts:
        require_text(f"The prompt {prompt[:_SHOWN]!r}", prompt)
    return list(prompts)


class _Answers:
    """Tells answers.

    Attributes:
      cut: how many of them have no end.
    """

    def __init__(self, run: TextRun, prompts: Sequence[str], stop: Sequence[str]):
        """Args:
        prompts: of each answer.
        stop: words that an answer ends before.
        """
        self._words = [Words(run.tokenizer, stop) for _ in prompts]
        self._prompts = prompts
        self.cut = 0

    def print(self, engine: Engine, requests: Sequence[Request]) -> None:
        """The first answer as it comes, the others behind it, in order."""
        texts, ended, current = [""] * len(requests), [False] * len(requests), 0
        self._head(0)
        for index, text, reason in self._heard(engine, requests):
            texts[index] += text
            ended[index] = bool(reason)
            while current < len(requests):
                print(texts[current], end="", flush=True)
                texts[current] = ""
                if not ended[current]:
                    break
                print()
                current += 1
                self._head(current)

    def write(self, engine: Engine, requests: Sequence[Request]) -> None:
        """One JSON object an answer, as they end."""
        texts = [""] * len(requests)
        for index, text, reason in self._heard(engine, requests):
            texts[index] += text
            if reason:
                told = {
                    "prompt": self._prompts[index],
                    "seed": requests[index].seed,
                    "text": texts[index],
                    "finish_reason": reason,
                }
                print(json.dumps(told), flush=True)

    def _heard(
        self, engine: Engine, requests: Sequence[Request]
    ) -> Iterator[tuple[int, str, str]]:
        """New text of an answer, and why it ended, if it did."""
        for index, tokens, reason, *_ in engine.run(requests):
            words = self._words[index]
            text = words.add(tokens, last=bool(reason))
            if words.stopped:
                if not reason:
                    engine.cancel(index)
                reason = "stop"
            self.cut += reason == "length"
            yield index, text, reason

    def _head(self, number: int) -> None:
        """A line above each of several answers."""
        if 1 < len(self._prompts) > number:
            print(f"--- {number + 1} of {len(self._prompts)}", flush=True)


def _speed_line(engine: Engine) -> str:
    speed = engine.speed
    return (
        f"\n{speed.tokens:,} tokens in {speed.seconds:.1f} s, compiling included "
        f"({speed.tokens_per_second:,.0f} a second); the first after "
        f"{min(speed.first_seconds):.1f} s; {engine.memory_bytes() / 2**20:,.0f} MiB "
        f"of weights and cache; {speed.segments_per_token:.1f} segments a token, "
        f"{speed.tokens_per_round:.1f} tokens a round."
    )
