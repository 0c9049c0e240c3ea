"""Programs with what became of them on hidden tests: what heads are fitted to, and
measured by."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from eval import bootstrap, ranking, statistics
from hrm_jax.models.judges import Finalists
from hrm_jax.search import choice, features, finalists
from hrm_jax.search.candidate import Candidate, Finalist
from hrm_jax.search.encoder import Encode, Readings, Writing
from hrm_jax.search.judges import Heads, debated, values


@dataclasses.dataclass(frozen=True)
class Judged:
    """A task.

    Attributes:
      language, prompt: of the task.
      candidates: all of them, duplicates too.
      probes: what programs returned on arguments without known results, by key.
      right: whether programs pass the hidden tests, by key.
    """

    language: str
    prompt: str
    candidates: Sequence[Candidate]
    probes: Mapping[str, tuple[str, ...]]
    right: Mapping[str, bool]

    @property
    def programs(self) -> list[Candidate]:
        """The first candidate of each key."""
        first: dict[str, Candidate] = {}
        for one in self.candidates:
            first.setdefault(one.key, one)
        return list(first.values())


class Read(NamedTuple):
    """A task with its programs, read.

    Attributes:
      places: of the programs among `readings`, by key.
    """

    task: Judged
    places: Mapping[str, int]
    readings: Readings

    def of(self, candidates: Sequence[Candidate]) -> Readings:
        where = [self.places[one.key] for one in candidates]
        return Readings(*(array[where] for array in self.readings))


def read(tasks: Sequence[Judged], encode: Encode) -> list[Read]:
    """Reads each program of tasks once."""
    programs = [task.programs for task in tasks]
    readings = encode(
        [
            Writing(task.language, task.prompt, one.source)
            for task, some in zip(tasks, programs, strict=True)
            for one in some
        ]
    )
    found, start = [], 0
    for task, some in zip(tasks, programs, strict=True):
        own = Readings(*(array[start : start + len(some)] for array in readings))
        found.append(Read(task, {one.key: i for i, one in enumerate(some)}, own))
        start += len(some)
    return found


class Examples(NamedTuple):
    """For the value head: `[N E]`, `[N G]` and bool `[N]`."""

    encodings: np.ndarray
    features: np.ndarray
    right: np.ndarray


def examples(tasks: Sequence[Read]) -> Examples:
    """Each program once."""
    parts = [
        Examples(
            one.readings.encodings,
            features.known(one.task.programs, one.readings),
            np.array([one.task.right[program.key] for program in one.task.programs]),
        )
        for one in tasks
    ]
    return Examples(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


class Question(NamedTuple):
    """A choice to learn from, or be measured by: the finalists of a task, and which of
    them are right.

    Attributes:
      some: the finalists.
      readings: of each.
      right: of each, bool `[F]`.
    """

    task: Judged
    some: Sequence[Finalist]
    readings: Readings
    right: np.ndarray

    @property
    def open(self) -> bool:
        """Are some of them right and others not, so that the choice matters?"""
        return bool(self.right.any() and not self.right.all())


def question(one: Read, tests: int, most: int) -> Question:
    """The finalists of a task where only so many public tests are known; -1 for all."""
    task = one.task
    seen = list(task.candidates)
    if tests >= 0:
        seen = [features.with_tests(candidate, tests) for candidate in seen]
    some = [
        each._replace(probes=task.probes[each.candidate.key])
        for each in choice.finalists(seen)[:most]
    ]
    right = np.array([task.right[each.candidate.key] for each in some], bool)
    return Question(task, some, one.of([each.candidate for each in some]), right)


class DebateExamples(NamedTuple):
    """For the debate.

    Attributes:
      finalists: of B problems, padded to F.
      target: `[B F]`, equal shares for those that are right.
    """

    finalists: Finalists
    target: np.ndarray


def debate_examples(questions: Sequence[Question], most: int) -> DebateExamples:
    """Open questions, side by side."""
    whole = finalists.padded([(one.some, one.readings) for one in questions], most)
    target = np.zeros(whole.present.shape, np.float32)
    for row, one in enumerate(questions):
        target[row, : len(one.right)] = one.right / one.right.sum()
    return DebateExamples(whole, target)


def value_scores(of: Heads, tasks: Sequence[Read]) -> dict[str, Any]:
    """How well the value head knows which programs pass, beside what needs no head.

    Of all programs, and of those that pass all public tests, where these say nothing.
    """
    found = examples(tasks)
    probability = values(of, found.encodings, found.features)
    programs = [program for one in tasks for program in one.task.programs]
    log_probs = np.concatenate([one.readings.log_probs for one in tasks])
    share = np.array([program.share for program in programs])
    passed = np.array([program.solved for program in programs])
    right = found.right
    base = np.full(len(right), right.mean())
    return {
        "programs": len(right),
        "right": float(right.mean()),
        "auc": {
            "value": _auc(probability, right),
            "public tests": _auc(share, right),
            "log-probability": _auc(log_probs, right),
        },
        "auc of those that pass all public tests": {
            "programs": int(passed.sum()),
            "right": float(right[passed].mean()) if passed.any() else None,
            "value": _auc(probability[passed], right[passed]),
            "log-probability": _auc(log_probs[passed], right[passed]),
        },
        "brier": {
            "value": ranking.brier(probability, right),
            "share of right ones": ranking.brier(base, right),
        },
        "calibration_error": statistics.calibration_error(probability, right),
        "reliability": statistics.reliability(probability, right),
    }


def _auc(scores: np.ndarray, right: np.ndarray) -> float | None:
    """None where JSON has no number for it."""
    area = ranking.auc(scores, right)
    return area if area == area else None


def choices(of: Heads, questions: Sequence[Question]) -> Iterator[dict[str, bool]]:
    """Whether each way of choosing among the finalists of a task finds a right one."""
    shares = debated(of, [(one.some, one.readings) for one in questions])
    for one, ours in zip(questions, shares, strict=True):
        best = one.some[int(np.argmax(ours))]
        asked = one.task.language, one.task.prompt, one.some
        decide = functools.partial(_decide, of, one)
        picked = {
            "log-probability": choice.most_likely([o.candidate for o in one.some]).key,
            "clusters": choice.final(*asked).key,
            "clusters, debate": choice.final(*asked, decide).key,
            "debate": best.candidate.key,
        }
        found = {way: one.task.right[key] for way, key in picked.items()}
        yield {**found, "whoever knows": bool(one.right.any())}


def _decide(
    of: Heads, one: Question, language: str, prompt: str, some: Sequence[Finalist]
) -> list[float]:
    """As `Judges.decide`: a debate among those that are asked about, without the other
    finalists."""
    del language, prompt  # the question's
    places = [one.some.index(each) for each in some]
    readings = Readings(*(array[places] for array in one.readings))
    return debated(of, [(some, readings)])[0].tolist()


def debate_scores(of: Heads, questions: Sequence[Question]) -> dict[str, Any]:
    """Shares of tasks for which a right program is chosen, with 95 % intervals, and how
    far the debate is from the others, over the same tasks."""
    rows = list(choices(of, questions))
    chosen = {way: np.array([row[way] for row in rows]) for way in rows[0]}
    ours = chosen["debate"]
    against = {}
    for way in ("log-probability", "clusters"):
        change = ours.astype(float) - chosen[way]
        pair = statistics.paired(chosen[way], ours)
        against[way] = {
            "difference": float(change.mean()),
            "interval": bootstrap.change_interval(change),
            "only_debate": pair.only_second,
            "only_other": pair.only_first,
            "p": pair.p_value(),
        }
    return {
        "tasks": len(questions),
        "open": sum(one.open for one in questions),
        "right": {
            way: (float(found.mean()), *statistics.rate(found).interval())
            for way, found in chosen.items()
        },
        "debate against": against,
    }
