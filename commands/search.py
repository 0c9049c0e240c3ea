"""`search`: for programs that pass, against best of n at the same budget."""

from __future__ import annotations

import math
import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from commands import begun, commit, executing, sandboxed, search_trees, writers
from commands.flag_values import number
from commands.flags import CommandLine
from commands.search_trees import At, Place
from configs import search as defaults
from data_pipeline.progress import Progress
from data_pipeline.schema import UserError
from eval import search_page, search_report, search_scores, search_ways
from eval.benchmarks import challenges, grading, hidden
from eval.benchmarks.challenge import Challenge
from eval.benchmarks.hidden import Program
from eval.benchmarks.problem import Grade, Kind
from eval.sandbox.sandbox import Sandbox
from eval.search_scores import Answer
from hrm_jax.search import journal, methods, selection, settings
from hrm_jax.search.candidate import Candidate, Value
from hrm_jax.search.explore import explore
from hrm_jax.search.journal import Journal
from hrm_jax.search.methods import Attempt, Method
from hrm_jax.search.search import Search
from hrm_jax.search.settings import Budget

if TYPE_CHECKING:
    from hrm_jax.search.judges import Judges

_SAMPLES = 16


class _Plan(NamedTuple):
    """What the flags ask for."""

    benchmark: str
    challenges: Sequence[Challenge]
    methods: dict[str, Method]
    seeds: range
    samples: int
    fields: dict[str, Any]
    output: pathlib.Path

    @property
    def budgets(self) -> list[int]:
        powers = [2**n for n in range(self.samples.bit_length())]
        return sorted({*powers, self.samples})


def run(line: CommandLine) -> int:
    """Searches, answers, and runs hidden tests on the answers at the very end; goes on
    where the same command was stopped.

    Raises:
      UserError: a flag is wrong, a file malformed, or the model is silent.
    """
    plan = _plan(line)
    writer = writers.writer(line)
    judges, unfit = _judges(plan, writer, named=bool(line.flags.methods))
    ours = line.workdir is not None
    wanted = methods.usable(plan.methods, judges is not None, ours)
    plan = plan._replace(methods=wanted)
    if judges is None and plan.fields["value_weight"]:
        raise UserError(methods.NO_JUDGES)
    data = pathlib.Path(line.flags.data)
    decided = {
        "benchmark": plan.benchmark,
        "model": writer.name,
        "data": begun.digests(data),
        **writer.settings,
    }
    with sandboxed.opened(line) as sandbox:
        begun.hold_to(plan.output / "settings.json", decided)
        with journal.opened(plan.output / "journal.jsonl") as known:
            searches = _searches(plan, judges.value if judges else None)
            with Progress("Candidates") as progress:
                execute = executing.executing(sandbox)
                clock = explore(
                    list(searches.values()), writer.write, execute, known, progress
                )
            attempts = _attempts(plan, searches)
            answers = _answers(searches, attempts, judges, sandbox, known)
        grades = _grades(answers, sandbox, plan.output / grading.FILE)
        about = {
            **decided,
            "commit": commit.commit(commit.HOME),
            "isolation": sandbox.title,
            "seeds": len(plan.seeds),
            "samples": plan.samples,
            "search": plan.fields,
            "judges_sha256": writer.judges_sha256 if judges else None,
            "methods": {name: method.about for name, method in plan.methods.items()},
            "clock": vars(clock),
            "notes": [*unfit, *_notes(plan, searches, writer, ours)],
        }
    return _report(plan, about, attempts, searches, answers, grades)


def _plan(line: CommandLine) -> _Plan:
    values = line.flags
    for flag in ("data", "output"):
        if not values[flag].value:
            raise UserError(f"`search` needs --{flag}=PATH.")
    if len(line.arguments) > 1:
        raise UserError(
            f"`search` takes the name of one benchmark: {', '.join(challenges.NAMES)}."
        )
    fields = defaults.get_config().to_dict()
    if values.settings:
        # What a file of an earlier version does not know is as usual.
        fields |= settings.read(pathlib.Path(values.settings))
    wanted = methods.named(values.methods.split(",") if values.methods else ())
    for method in wanted.values():  # mistakes are told before a model is loaded
        settings.settings(method.rule, fields)
    samples = int(number(values, "samples", _SAMPLES, whole=True))
    seeds = range(int(number(values, "seeds", 1, whole=True)))
    name, found = challenges.load(
        (line.arguments or ["programs"])[0],
        pathlib.Path(values.data),
        values.language.split(",") if values.language else (),
        int(number(values, "limit", 0, whole=True)),
    )
    output = pathlib.Path(values.output)
    return _Plan(name, found, wanted, seeds, samples, fields, output)


def _judges(
    plan: _Plan, writer: writers.Writer, named: bool
) -> tuple[Judges | None, list[str]]:
    """Those that the methods ask, if there are any, and a note where they do not fit
    the weights.

    Raises:
      UserError: they do not fit, and a method that asks them is `named`, or a setting.
    """
    needed = plan.fields["value_weight"] or (named and methods.debated(plan.methods))
    if named and not needed:
        return None, []
    try:
        return writer.judges(), []
    except UserError as error:
        if needed:
            raise
        return None, [f"Without a debate: {error}"]


def _searches(plan: _Plan, value: Value | None) -> dict[Place, Search]:
    """One for each rule; the methods of a rule have it in common."""
    rules = {method.rule for method in plan.methods.values()}
    budget = Budget.alike(plan.samples)
    return {
        (rule, challenge.id, seed): Search(
            challenge, settings.settings(rule, plan.fields), budget, seed, value
        )
        for rule in selection.RULES
        if rule in rules
        for challenge in plan.challenges
        for seed in plan.seeds
    }


def _attempts(plan: _Plan, searches: dict[Place, Search]) -> dict[At, Attempt]:
    return {
        (name, budget, challenge.id, seed): methods.attempt(
            method, searches[method.rule, challenge.id, seed], budget
        )
        for name, method in plan.methods.items()
        for budget in plan.budgets
        for challenge in plan.challenges
        for seed in plan.seeds
    }


def _answers(
    searches: dict[Place, Search],
    attempts: dict[At, Attempt],
    judges: Judges | None,
    sandbox: Sandbox,
    known: Journal,
) -> dict[At, tuple[Challenge, Candidate]]:
    """What is chosen by public tests, probes and judges, with its problem."""
    asked = [
        (searches[attempt.method.rule, at[2], at[3]].challenge, attempt)
        for at, attempt in attempts.items()
    ]
    decide = judges.decide if judges else None
    with Progress("Probes") as progress:
        found = executing.answers(asked, sandbox, known, decide, progress)
    return {
        at: (challenge, one)
        for at, (challenge, _), one in zip(attempts, asked, found, strict=True)
    }


def _grades(
    answers: dict[At, tuple[Challenge, Candidate]],
    sandbox: Sandbox,
    path: pathlib.Path,
) -> dict[Program, Grade]:
    """Of the answers, each program once; kept in the file."""
    chosen = {
        search_trees.program(challenge, one): (challenge, one.source)
        for challenge, one in answers.values()
    }
    with Progress("Hidden tests") as progress:
        return hidden.grades(chosen, sandbox, path, progress)


def _notes(
    plan: _Plan, searches: dict[Place, Search], writer: writers.Writer, ours: bool
) -> list[str]:
    """What whoever reads the scores has to know of them."""
    return [
        *_notes_on_tests(plan),
        *(_notes_on_run(plan, searches) if ours else _notes_on_server(searches)),
        *_notes_on_drawing(plan, writer),
    ]


def _notes_on_tests(plan: _Plan) -> list[str]:
    without = sum(not challenge.public_tests for challenge in plan.challenges)
    if not without:
        return []
    return [
        f"{without:,} of {len(plan.challenges):,} problems have no public tests: "
        "their answers are chosen by behaviour on generated arguments, and by "
        "log-probability."
    ]


def _notes_on_run(plan: _Plan, searches: dict[Place, Search]) -> list[str]:
    answered = {
        search.challenge.id
        for search in searches.values()
        if any(math.isfinite(one.log_prob) for one in search.tree.candidates)
    }
    silent = len(plan.challenges) - len(answered)
    if not silent:
        return []
    return [
        f"{silent:,} of {len(plan.challenges):,} problems do not fit into the model's "
        "context: they count as unsolved."
    ]


def _notes_on_server(searches: dict[Place, Search]) -> list[str]:
    made = [one for search in searches.values() for one in search.tree.candidates]
    notes = []
    if not any(math.isfinite(one.log_prob) for one in made):
        notes.append(
            "The server tells no log-probabilities: where they would decide, the first "
            "candidate is taken."
        )
    if not any(one.tokens for one in made):
        notes.append(
            "The server tells neither log-probabilities nor the tokens that it used: "
            "none are counted."
        )
    return notes


def _notes_on_drawing(plan: _Plan, writer: writers.Writer) -> list[str]:
    signed, distinct = (
        [name for name, method in plan.methods.items() if method.rule in rules]
        for rules in (selection.OF_SIGNATURE, selection.OF_DISTINCT)
    )
    notes = []
    if signed and not writer.begins:
        notes.append(
            "The run writes edits or plans, which begin with no signature: nothing "
            f"holds answers to it in {', '.join(signed)}."
        )
    top_p = writer.settings["top_p"]
    if distinct and top_p < 1:
        notes.append(
            f"Drawn from all tokens, not from those of --top_p={top_p} alone: "
            f"{', '.join(distinct)}."
        )
    return notes


def _report(
    plan: _Plan,
    about: dict[str, Any],
    attempts: dict[At, Attempt],
    searches: dict[Place, Search],
    answers: dict[At, tuple[Challenge, Candidate]],
    grades: dict[Program, Grade],
) -> int:
    not_run = {one.challenge for one, grade in grades.items() if _not_run(grade)}
    found = [
        Answer(*at, grades[search_trees.program(*answers[at])].passed, *attempt.cost)
        for at, attempt in attempts.items()
        if at[2] not in not_run
    ]
    if not found:
        raise UserError("No problem could be run on this machine: see `doctor`.")
    if not_run:
        about["notes"].append(
            f"{len(not_run):,} problems could not be run on this machine, and count "
            "for nothing."
        )
    tasks = {one.id: one.task for one in plan.challenges}
    over = {
        base: search_scores.scores(
            [one for one in found if one.method in names], base, tasks
        )
        for base, names in methods.comparisons(plan.methods).items()
    }
    trees = search_trees.drawn(plan.methods, searches, answers, grades, plan.samples)
    results = search_report.Found(
        about,
        found,
        search_scores.scores(found, methods.BASELINE, tasks),
        over,
        search_ways.ways(trees),
    )
    search_report.write(results, plan.output)
    search_page.write(trees, plan.output / "trees.html")
    print(search_report.markdown(results), end="")
    print(f"\nReport: {plan.output / 'report.html'}; trees in trees.html beside it.")
    return 0


def _not_run(grade: Grade) -> bool:
    return grade.kind == Kind.NOT_RUN
