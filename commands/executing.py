"""Programs of searches, run in a pool: on public tests, and on generated arguments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from data_pipeline.progress import OnProgress, silent
from data_pipeline.schema import UserError
from eval.benchmarks.challenge import Challenge
from eval.benchmarks.grading import persistently
from eval.benchmarks.synthetic.trial import Trial
from eval.sandbox import pool
from eval.sandbox.sandbox import Sandbox
from hrm_jax.search.candidate import Candidate, Decide
from hrm_jax.search.explore import Execute, Job
from hrm_jax.search.journal import Journal, Ran
from hrm_jax.search.methods import Attempt


def executing(sandbox: Sandbox) -> Execute:
    """Runs public tests.

    Raises, as it goes:
      UserError: the sandbox loses programs.
    """

    def public(job: Job) -> Trial:
        return persistently(lambda: job.challenge.public(job.source, sandbox))

    def execute(jobs: Iterable[tuple[Ran, Job]]) -> Iterator[tuple[Ran, Trial]]:
        for one in pool.finished(sandbox, jobs, public):
            if one.result is None:
                raise _lost(one.key, one.error)
            yield one.key, one.result

    return execute


def answers(
    attempts: Sequence[tuple[Challenge, Attempt]],
    sandbox: Sandbox,
    known: Journal,
    decide: Decide | None = None,
    progress: OnProgress = silent,
) -> list[Candidate]:
    """What attempts answer, after a `probe` of all finalists that they may run.

    Raises:
      UserError: the sandbox loses programs.
    """
    jobs = {
        Ran(challenge.id, one.candidate.key): Job(challenge, one.candidate.source)
        for challenge, attempt in attempts
        for one in attempt.probed
    }
    probe(jobs, sandbox, known, progress)
    return [
        attempt.answer(challenge, known.probes, decide)
        for challenge, attempt in attempts
    ]


def probe(
    jobs: Mapping[Ran, Job],
    sandbox: Sandbox,
    known: Journal,
    progress: OnProgress = silent,
) -> None:
    """Runs programs on generated arguments, as far as it is not known what they return.

    Raises:
      UserError: the sandbox loses programs.
    """
    todo = [(ran, job) for ran, job in jobs.items() if ran not in known.probes]

    def work(job: Job) -> tuple[str, ...] | None:
        return persistently(lambda: job.challenge.probe(job.source, sandbox))

    for done, one in enumerate(pool.finished(sandbox, todo, work), start=1):
        if one.error is not None:
            raise _lost(one.key, one.error)
        known.add_probe(one.key, one.result)
        progress(done, len(todo))


def _lost(ran: Ran, error: Exception | None) -> UserError:
    return UserError(
        f"A program for {ran.challenge} was not run ({error}); the same command tries "
        "it again."
    )
