"""The model of an agent: the run in a workdir, or a server's."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import math
import pathlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from commands.asking import Asking
from commands.benchmark_options import endpoint_of
from commands.flag_values import number
from commands.flags import CommandLine
from data_pipeline.schema import UserError
from data_pipeline.text.tokenizer import Tokenizer
from eval.benchmarks.endpoint import Endpoint, Sampling
from hrm_jax.agent.model import INSTRUCTIONS, AgentModel
from hrm_jax.agent.settings import Settings
from hrm_jax.search.candidate import Ask, Sample, Write
from hrm_jax.text import grammars
from hrm_jax.text.learned import Learned

_CONTEXT = 8_192
"""Tokens of a server's model, where no flag says otherwise."""
_BYTES_PER_TOKEN = 4
"""By which tokens are estimated, where there is no tokenizer to count with."""
_AROUND = 2
"""Tokens around a prompt: its language and its end."""
_GRAMMAR = "actions"


@dataclasses.dataclass(frozen=True)
class Served:
    """Makes a server's model; can be pickled.

    Attributes:
      endpoint: of the server; its temperature is each ask's own.
      context: tokens of prompt and answer.
      learned: by the run behind our own server, which takes a language and, perhaps, a
        grammar; None of another server.
      grammar: that answers are held to; "" for none.
      tokenizer: file to count by; None for an estimate.
      name: of the model, for sessions.
    """

    endpoint: Endpoint
    context: int
    learned: Learned | None
    grammar: str
    tokenizer: pathlib.Path | None
    name: str

    def __call__(self) -> AgentModel:
        count: Callable[[str], int] = _estimate
        if self.tokenizer is not None:
            count = _counting(Tokenizer.load(self.tokenizer))
        instructions = "" if self.learned or self.grammar else INSTRUCTIONS
        room = self.context - self.endpoint.sampling.max_tokens - _AROUND
        _require_room(room, self.context)
        write = functools.partial(self._write, Asking(self.endpoint))
        among = None
        if self.learned and self.grammar:
            among = functools.partial(_among, write)
        return AgentModel(
            self.name, write, count, room, instructions, among, self.grammar
        )

    def _write(
        self,
        server: Asking,
        asks: Sequence[Ask],
        files: Mapping[str, str] | None = None,
    ) -> Iterator[tuple[int, Sample]]:
        for place, ask in enumerate(asks):
            more: dict[str, Any] = {}
            if self.learned:
                more["language"] = self.learned.or_usual(ask.language)
            if self.grammar:
                more["grammar"] = self.grammar
            if files:
                more["files"] = dict(files)
            sample = server.sample(ask, more)
            if not self.learned:
                # Line ends around an answer are a matter of the interface.
                text = sample.text.strip("\n")
                sample = sample._replace(text=f"{text}\n" if text.strip() else "")
            yield place, sample


def _among(write: Callable, files: Mapping[str, str]) -> Write:
    return functools.partial(write, files=grammars.sayable(files))


def served(line: CommandLine, settings: Settings) -> Served:
    """The model of `--model`.

    Raises:
      UserError: a flag is wrong.
    """
    values = line.flags
    endpoint = endpoint_of(line, Sampling(0.0, 1.0, settings.answer_tokens))
    context = int(number(values, "context", _CONTEXT, whole=True))
    grammar = values.grammar or ""
    _require_grammar(grammar)
    return Served(endpoint, context, None, grammar, None, values.model_name)


def local(line: CommandLine, settings: Settings) -> AgentModel:
    """The run in the workdir, in this process.

    An ask about files in a language that the run has not learned is put in its usual
    language: actions are written alike in all of them.

    Raises:
      UserError: there is no run of text.
    """
    from commands.text_run import TextRun  # with JAX, which takes seconds
    from data_pipeline.text.rows import encode_prompt
    from hrm_jax.text.answers import answers
    from hrm_jax.text.engine import Request
    from hrm_jax.text.grammar import Grammars, Vocabulary
    from hrm_jax.text.rules import Rule

    _require_grammar(line.flags.grammar or "")
    run = TextRun.of(line)
    tokenizer, context = run.tokenizer, run.train_config.model.seq_len
    made = Grammars(Vocabulary(tokenizer, run.train_config.model.vocab_size), 1)
    engine = run.engine(1)

    def among(files: Mapping[str, str]) -> Write:
        grammar = made.of(_GRAMMAR, grammars.sayable(files))
        return functools.partial(write, rule=grammar.rule)

    def write(
        asks: Sequence[Ask], rule: Callable[[], Rule] | None = None
    ) -> Iterator[tuple[int, Sample]]:
        requests = [
            Request(
                encode_prompt(
                    run.learned.or_usual(ask.language), ask.prompt, tokenizer
                ),
                settings.answer_tokens,
                ask.temperature,
                1.0,
                ask.seed,
                rule,
            )
            for ask in asks
        ]
        for place, answer in answers(engine, requests):
            text = tokenizer.decode(answer.said).decode(errors="replace")
            total = sum(answer.log_probs)
            yield place, Sample(text, total, len(answer.tokens), not answer.ended)

    room = context - settings.answer_tokens - _AROUND
    _require_room(room, context)
    grammar = line.flags.grammar or ""
    held = among if grammar else None
    return AgentModel(run.name, write, _counting(tokenizer), room, "", held, grammar)


@contextlib.contextmanager
def shared(line: CommandLine, settings: Settings, workers: int) -> Iterator[Served]:
    """As `local`, but behind a server of this process, for its workers.

    Raises:
      UserError: there is no run of text.
    """
    import threading

    from commands.text_run import TextRun
    from hrm_jax.text import own_tokenizer
    from hrm_jax.text.server import Server

    _require_grammar(line.flags.grammar or "")
    run = TextRun.of(line)
    model = run.served("run", run.engine(workers), workers)
    with Server(model, "127.0.0.1", 0) as server:
        endpoint = Endpoint(
            server.url, model.name, Sampling(0.0, 1.0, settings.answer_tokens)
        )
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        with model.service:
            thread.start()
            try:
                yield Served(
                    endpoint,
                    model.context,
                    model.learned,
                    line.flags.grammar or "",
                    (run.workdir / own_tokenizer.FILE).resolve(),
                    run.name,
                )
            finally:
                server.shutdown()


def _require_grammar(grammar: str) -> None:
    if grammar not in ("", _GRAMMAR):
        raise UserError(f"--grammar is {grammar!r}, but an agent says {_GRAMMAR}.")


def _require_room(room: int, context: int) -> None:
    if room < 1:
        raise UserError(
            f"The model's context of {context:,} tokens has no room for a prompt "
            "beside an action: it must be longer than agent.answer_tokens."
        )


def _estimate(text: str) -> int:
    return math.ceil(len(text.encode(errors="replace")) / _BYTES_PER_TOKEN)


def _counting(tokenizer: Tokenizer) -> Callable[[str], int]:
    @functools.lru_cache(maxsize=512)
    def count(text: str) -> int:
        return len(tokenizer.encode(text))

    return count
