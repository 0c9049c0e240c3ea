"""Networks as a search sees them: `hrm_jax.search.candidate.Write`."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from commands.asking import TOO_LONG, Asking
from commands.benchmark_options import endpoint_of, refuse_flags_of_others
from commands.flag_values import number
from commands.flags import CommandLine
from data_pipeline.schema import UserError
from eval.benchmarks import samples
from eval.benchmarks.endpoint import Endpoint, Sampling
from hrm_jax.search.candidate import Ask, Sample, Write

if TYPE_CHECKING:
    from commands.text_run import TextRun
    from hrm_jax.search.judges import Judges

_AT_ONCE = 16
_MAX_TOKENS = 1024


class Writer(NamedTuple):
    """Attributes:
    name: of the model, for reports.
    settings: all that decides the answers beside what is asked.
    judges: loads the judges beside the run; gives None where there are none, or where
      the network is a server's.
    judges_sha256: of these; None where there are none.
    begins: an answer can be made to begin as an ask says.
    """

    name: str
    settings: dict[str, Any]
    write: Write
    judges: Callable[[], Judges | None] = lambda: None
    judges_sha256: str | None = None
    begins: bool = False


def writer(line: CommandLine) -> Writer:
    """The run in the workdir, or what answers at the address of `--model`.

    Raises:
      UserError: there is none of them, or both, or a flag is wrong.
    """
    values = line.flags
    if (line.workdir is None) == (not values.model):
        raise UserError(
            f"`{line.command}` needs either --workdir=runs/NAME or "
            "--model=http://HOST:PORT/v1."
        )
    refuse_flags_of_others(line)
    at_once = int(number(values, "workers", _AT_ONCE, whole=True))
    sampling = Sampling(
        0.0,
        number(values, "top_p", 1.0, least=0, most=1),
        int(number(values, "max_tokens", _MAX_TOKENS, whole=True)),
    )
    settings = {"top_p": sampling.top_p, "max_tokens": sampling.max_tokens}
    if line.workdir is not None:
        from commands import judges  # with JAX, which takes seconds
        from commands.text_run import TextRun

        run = TextRun.of(line)
        write = of_run(run, sampling, at_once)
        load, sha256 = functools.partial(judges.of_run, run), judges.sha256(run)
        settings |= run.settings
        begins = run.form.whole_programs
        return Writer(run.name, settings, write, load, sha256, begins)
    endpoint = endpoint_of(line, sampling, at_once)
    write = of_endpoint(endpoint)
    return Writer(endpoint.name, settings | {"chat": values.chat}, write)


def of_run(run: TextRun, sampling: Sampling, at_once: int) -> Write:
    """A trained run.

    Args:
      sampling: its temperature does not count.

    Raises, as it goes:
      UserError: it has not learned the language of an ask; then it answers none.
    """
    from data_pipeline.text.lintseq import sequence as lintseq
    from data_pipeline.text.rows import encode_prompt
    from hrm_jax.text.answers import answers
    from hrm_jax.text.beginning import Beginnings
    from hrm_jax.text.distinct import Distinct
    from hrm_jax.text.engine import Request

    engine = run.engine(at_once)
    beginnings = Beginnings(run.tokenizer, run.train_config.model.vocab_size)

    def write(asks: Sequence[Ask]) -> Iterator[tuple[int, Sample]]:
        requests, places = [], []
        paths: dict[int, list[tuple[int, float]]] = {}
        run.require_languages("There are problems", {ask.language for ask in asks})
        for place, ask in enumerate(asks):
            tokens = encode_prompt(ask.language, ask.prompt, run.tokenizer)
            if len(tokens) >= run.train_config.model.seq_len:
                yield place, TOO_LONG
                continue
            more = (sampling.max_tokens, ask.temperature, sampling.top_p, ask.seed)
            request = Request(tokens, *more)
            begins = ask.begins if run.form.whole_programs else ""
            within = functools.partial(beginnings.rule, begins)
            if ask.apart is not None:
                path = paths[place] = []
                what = ask.apart, ask.temperature, path, within()
                rule = functools.partial(Distinct, *what)
                # Among the likeliest alone there would be no more to say too soon.
                request = dataclasses.replace(request, top_p=1.0, rule=rule)
            elif begins:
                request = dataclasses.replace(request, rule=within)
            requests.append(request)
            places.append(place)
        for index, answer in answers(engine, requests):
            raw = run.tokenizer.decode(answer.said)
            text = lintseq.program(raw.decode(errors="replace"))
            likely = math.fsum(answer.log_probs)
            path = tuple(paths.get(places[index], ()))
            size, read = len(answer.tokens), len(requests[index].prompt)
            said = Sample(text, likely, size, not answer.ended, path, read)
            yield places[index], said

    return write


def of_endpoint(endpoint: Endpoint) -> Write:
    """A model behind HTTP; what it said is kept by what it was asked, seed included."""
    server = Asking(endpoint)

    def answer(asked: tuple[int, Ask]) -> tuple[int, Sample]:
        place, ask = asked
        return place, server.sample(ask)

    def write(asks: Sequence[Ask]) -> Iterator[tuple[int, Sample]]:
        return samples.parallel(answer, enumerate(asks), endpoint.at_once)

    return write
