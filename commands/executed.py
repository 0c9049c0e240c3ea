"""Searches for programs for tasks whose hidden tests are run on all that was found:
what judges are fitted to, and measured by."""

from __future__ import annotations

import dataclasses
import hashlib
import pathlib
from collections.abc import Sequence

from commands import begun, executing, writers
from commands.text_run import TextRun
from data_pipeline.progress import Progress
from eval.benchmarks import grading, hidden
from eval.benchmarks.challenge import Challenge
from eval.benchmarks.endpoint import Sampling
from eval.benchmarks.hidden import Program
from eval.benchmarks.problem import Kind
from eval.sandbox.sandbox import Sandbox
from hrm_jax.search import journal
from hrm_jax.search.candidate import Candidate
from hrm_jax.search.explore import Job, explore
from hrm_jax.search.journal import Ran
from hrm_jax.search.judged import Judged
from hrm_jax.search.search import Search
from hrm_jax.search.settings import Budget, Settings

_AT_ONCE = 32


@dataclasses.dataclass(frozen=True)
class Drawing:
    """How programs are come by.

    Attributes:
      settings: of the searches.
      samples: answers to each task.
      max_tokens: of each answer.
      seed: of them all.
    """

    settings: Settings
    samples: int
    max_tokens: int
    seed: int


def executed(
    run: TextRun,
    challenges: Sequence[Challenge],
    drawing: Drawing,
    sandbox: Sandbox,
    folder: pathlib.Path,
) -> list[Judged]:
    """Searches, runs what is found on generated arguments and on hidden tests; goes on
    with what is in the folder.

    Raises:
      UserError: the folder is of another run, of other tasks or another drawing, or
        programs cannot be run.
    """
    ids = "\n".join(one.id for one in challenges)
    settings = {
        "weights_sha256": run.sha256,
        "tasks_sha256": hashlib.sha256(ids.encode()).hexdigest(),
        **run.settings,
        **dataclasses.asdict(drawing),
    }
    settings["settings"]["temperatures"] = list(drawing.settings.temperatures)
    begun.hold_to(folder / "settings.json", settings)
    budget = Budget.alike(drawing.samples)
    searches = [
        Search(one, drawing.settings, budget, drawing.seed) for one in challenges
    ]
    write = writers.of_run(run, Sampling(0.0, 1.0, drawing.max_tokens), _AT_ONCE)
    with journal.opened(folder / "journal.jsonl") as known:
        execute = executing.executing(sandbox)
        with Progress("Candidates") as progress:
            explore(searches, write, execute, known, progress)
        ran = {
            Ran(search.challenge.id, one.key): (search.challenge, one)
            for search in searches
            for one in search.tree.candidates
            if _runs(one)
        }
        jobs = {key: Job(what, one.source) for key, (what, one) in ran.items()}
        with Progress("Probes") as progress:
            executing.probe(jobs, sandbox, known, progress)
        probes = dict(known.probes)
    programs = {Program(*key): (what, one.source) for key, (what, one) in ran.items()}
    with Progress("Hidden tests") as progress:
        grades = hidden.grades(programs, sandbox, folder / grading.FILE, progress)
    hidden.require_run(grades)
    found = []
    for search in searches:
        keys = {one.key for one in search.tree.candidates}
        at = {key: Ran(search.challenge.id, key) for key in keys}
        found.append(
            Judged(
                search.challenge.language,
                search.challenge.prompt,
                search.tree.candidates,
                {key: probes.get(at[key], ()) for key in keys},
                {
                    key: at[key] in ran and grades[Program(*at[key])].passed
                    for key in keys
                },
            )
        )
    return found


def _runs(candidate: Candidate) -> bool:
    """Is it worth it? What is no program passes nothing."""
    return candidate.kind not in (Kind.MALFORMED, Kind.COMPILE_ERROR)
