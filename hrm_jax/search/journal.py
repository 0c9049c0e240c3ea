"""All that a search got from outside, kept as it comes: it is never asked for twice.

A search decides by what the network said and what programs returned alone, and asks for
both by what decides the answer. So a search that was killed goes through the same tree
again without a question, up to where it was, and several searches share what they have
in common, such as fresh candidates that are drawn freely.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import pathlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from data_pipeline.schema import UserError
from eval.benchmarks import ledger
from eval.benchmarks.challenge import Challenge
from eval.benchmarks.problem import Kind
from eval.benchmarks.synthetic.trial import Trial
from hrm_jax.search.candidate import Ask, Sample

_LONGEST_RESULT = 300
_LONGEST_FAILURE = 2_000


class Asked(NamedTuple):
    """What decides a sample: the challenge's id, and the digest of an ask."""

    challenge: str
    digest: str


class Ran(NamedTuple):
    """A program of a challenge, by its key (`identity.key`)."""

    challenge: str
    key: str


class Tried(NamedTuple):
    """What came of running a program on the public tests.

    Attributes:
      trial: on the public tests; of long results the beginning and a digest.
      failure: what a prompt of repair says of it, if anything.
    """

    trial: Trial
    failure: str | None


class Journal:
    """The record of all that searches got from outside.

    Attributes:
      samples, trials, probes: what is known; not what a machine could not run, since
        another one may, or this one later.
    """

    def __init__(self, book: ledger.Ledger, path: pathlib.Path):
        self._book = book
        self.samples: dict[Asked, Sample] = {}
        self.trials: dict[Ran, Tried] = {}
        self.probes: dict[Ran, tuple[str, ...]] = {}
        for number, row in enumerate(book.rows, start=1):
            try:
                if not _not_run(row):
                    self._take(row)
            except (KeyError, TypeError, ValueError) as error:
                raise UserError(
                    f"{path}:{number} is nothing that a search wrote ({error!r}): "
                    "remove that line."
                ) from error

    def add_sample(self, asked: Asked, sample: Sample) -> None:
        told = math.isfinite(sample.log_prob)
        row = sample._asdict() | {"log_prob": sample.log_prob if told else None}
        if not sample.path:
            del row["path"]
        self._add({"sample": list(asked)} | row)

    def add_trial(self, ran: Ran, challenge: Challenge, trial: Trial) -> None:
        failure = challenge.failure(trial)
        if failure is not None and len(failure) > _LONGEST_FAILURE:
            failure = None
        results = trial.results[: len(trial.passed)]
        self._add(
            {
                "trial": list(ran),
                "kind": trial.kind.value,
                "results": list(map(_short, results)),
                "passed": list(trial.passed),
                "detail": _short(trial.detail),
                "seconds": round(trial.seconds, 4),
                "failure": failure,
            }
        )

    def add_probe(self, ran: Ran, results: Sequence[str] | None) -> None:
        """Args:
        results: None without a toolchain: this process then takes it as "returned
          nothing"; the next one probes again.
        """
        row = {"probe": list(ran), "results": list(map(_short, results or ()))}
        self._add(row if results is not None else row | {"kind": Kind.NOT_RUN.value})

    def _add(self, row: dict[str, Any]) -> None:
        """Keeps it, and knows it as whoever reads the file will."""
        self._book.add(row)
        self._take(row)

    def _take(self, row: dict[str, Any]) -> None:
        if "sample" in row:
            likely = math.nan if row["log_prob"] is None else row["log_prob"]
            path = tuple((token, one) for token, one in row.get("path", ()))
            written, read = row["tokens"], row.get("read", 0)
            sample = Sample(row["text"], likely, written, row["cut"], path, read)
            self.samples[Asked(*row["sample"])] = sample
        elif "trial" in row:
            trial = Trial(
                Kind(row["kind"]),
                tuple(row["results"]),
                tuple(row["passed"]),
                row["detail"],
                row["seconds"],
            )
            self.trials[Ran(*row["trial"])] = Tried(trial, row["failure"])
        else:
            self.probes[Ran(*row["probe"])] = tuple(row["results"])


@contextlib.contextmanager
def opened(path: pathlib.Path) -> Iterator[Journal]:
    """Opens a journal, or begins one; one process at a time.

    Raises:
      UserError: it cannot be read or written, is damaged, or another process has it.
    """
    with ledger.opened(path) as book:
        yield Journal(book, path)


def asked(challenge: Challenge, ask: Ask) -> Asked:
    """What an ask is known by."""
    parts = [ask.language, ask.prompt, repr(ask.temperature), str(ask.seed)]
    if ask.apart is not None:
        parts.append(repr(ask.apart))
    if ask.begins:
        parts.append(ask.begins)
    text = "\0".join(parts)
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
    return Asked(challenge.id, digest)


def _not_run(row: dict[str, Any]) -> bool:
    """A trial or a probe for which there was no toolchain; probes of earlier versions
    told it as their result."""
    return row.get("kind") == Kind.NOT_RUN or row.get("results") == [Kind.NOT_RUN]


def _short(text: str) -> str:
    if len(text) <= _LONGEST_RESULT:
        return text
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
    return f"{text[: _LONGEST_RESULT // 2]}... ({len(text):,} characters, {digest})"
