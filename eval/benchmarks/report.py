"""What came of a benchmark: report.json for programs, report.md for people."""

from __future__ import annotations

import collections
import json
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from eval.atomic import write_json, write_text
from eval.benchmarks import pass_at_k
from eval.benchmarks.problem import Grade, Kind, Problem
from eval.benchmarks.samples import Key
from eval.statistics import interval_text

Head = Callable[[Mapping[str, Any]], list[str]]

_ABOUT = ("commit", "isolation", "toolchains", "data", "settings", "samples_file")
_REASONS = 10
"""That are told to people."""


def summary(
    problems: Sequence[Problem],
    grades: Mapping[Key, Grade],
    ks: Sequence[int],
    about: Mapping[str, Any],
) -> dict[str, Any]:
    """All that a report says.

    A sample that was not run counts neither as passed nor as failed; a problem of which
    none was run is left out, and named.

    Args:
      problems: that were asked.
      grades: of their samples.
      ks: k of pass@k; those with too few samples are left out, and named.
      about: what was graded and how, put in front as it is.
    """
    by_problem: dict[str, list[Grade]] = {problem.id: [] for problem in problems}
    for (name, _), graded in grades.items():
        by_problem[name].append(graded)
    ran = {
        name: [graded for graded in found if graded.kind != Kind.NOT_RUN]
        for name, found in by_problem.items()
    }
    languages = sorted({problem.language for problem in problems})
    of = {problem.id: problem.language for problem in problems}
    all_ran = [graded for found in ran.values() for graded in found]
    tasks = {problem.id: problem.task for problem in problems}
    rates = _pass_at_k(ran, tasks, ks)
    told = [one["k"] for one in rates]
    return {
        **about,
        "problems": len(problems),
        "tasks": _shared(tasks),
        "samples": len(grades),
        "pass_at_k": rates,
        "k_left_out": [k for k in ks if all_ran and k not in told],
        "pass_at_k_by_language": {
            language: _pass_at_k(
                {n: ran[n] for n in ran if of[n] == language}, tasks, ks
            )
            for language in languages
        },
        "kinds": _kinds(grades.values()),
        "kinds_by_language": {
            language: _kinds(g for (n, _), g in grades.items() if of[n] == language)
            for language in languages
        },
        "seconds_per_sample": _seconds([graded.seconds for graded in all_ran]),
        "not_run": _not_run(by_problem),
        "without_sample": [name for name, found in by_problem.items() if not found],
    }


def write(
    report: Mapping[str, Any], folder: pathlib.Path, head: Head | None = None
) -> None:
    """Writes report.json and report.md.

    Args:
      head: as `markdown` has it.

    Raises:
      UserError: they cannot be written.
    """
    write_json(folder / "report.json", report)
    write_text(folder / "report.md", markdown(report, head))


def markdown(report: Mapping[str, Any], head: Head | None = None) -> str:
    """The report as tables.

    Args:
      head: the lines of the first table; None for those of `scores`.
    """
    title = f"# {report['benchmark']}: {report['model']}"
    lines = [title, ""]
    for note in report.get("notes", ()):
        lines += [note, ""]
    for table in ((head or scores)(report), _kind_table(report)):
        lines += [*table, ""] if table else []
    if report["k_left_out"]:
        names = ", ".join(f"pass@{k}" for k in report["k_left_out"])
        lines += [f"Left out, as a problem has too few samples for it: {names}.", ""]
    seconds = report["seconds_per_sample"]
    if seconds:
        lines += [
            f"Seconds a sample: median {seconds['median']:.2f}, 95 % within "
            f"{seconds['p95']:.2f}, longest {seconds['longest']:.2f}.",
            "",
        ]
    reasons = collections.Counter(
        one["reason"].partition("\n")[0] for one in report["not_run"]
    )
    if reasons:
        lines += ["Not run, and not counted:", ""]
        told = reasons.most_common(_REASONS)
        lines += [f"- {count:,} samples: {why}" for why, count in told]
        if len(reasons) > len(told):
            lines.append(f"- {len(reasons) - len(told):,} more reasons in report.json")
        lines.append("")
    if report.get("cut_answers"):
        lines += [f"Answers cut off for want of tokens: {report['cut_answers']:,}.", ""]
    if report.get("without_room"):
        lines += [
            "Prompts that leave the model's context no room for an answer: "
            f"{report['without_room']:,}.",
            "",
        ]
    if signs := report.get("signs"):
        lines += [_cheating(signs), ""]
    if thought := report.get("thinking"):
        lines += [_thought(thought, report["settings"].get("segments")), ""]
    if report["without_sample"]:
        lines += [f"Problems without a sample: {len(report['without_sample']):,}.", ""]
    lines += ["| | |", "|---|---|"]
    for name in _ABOUT:
        value = report[name]
        told = value if isinstance(value, str) else json.dumps(value)
        lines.append(f"| {name.replace('_', ' ')} | {told} |")
    return "\n".join(lines) + "\n"


def scores(report: Mapping[str, Any]) -> list[str]:
    """A table of pass@k, all languages first, in Markdown."""
    rows = {"all": report["pass_at_k"], **report["pass_at_k_by_language"]}
    if len(rows) == 2:
        del rows["all"]
    if not any(rows.values()):
        return []
    lines = ["| language | k | pass@k | 95 % interval | problems |"]
    lines.append("|---|---:|---:|---:|---:|")
    for language, found in rows.items():
        for one in found:
            interval = interval_text((one["low"], one["high"]))
            lines.append(
                f"| {language} | {one['k']} | {one['value']:.1%} | {interval} "
                f"| {one['problems']:,} |"
            )
    return lines


def _kind_table(report: Mapping[str, Any]) -> list[str]:
    by_language = report["kinds_by_language"]
    kinds = [kind.value for kind in Kind if kind.value in report["kinds"]]
    if not kinds:
        return []
    lines = ["| samples | " + " | ".join(kinds) + " |"]
    lines.append("|---|" + "---:|" * len(kinds))
    for language, found in by_language.items():
        cells = (f"{found.get(kind, 0):,}" for kind in kinds)
        lines.append(f"| {language} | " + " | ".join(cells) + " |")
    return lines


def _cheating(signs: Mapping[str, Any]) -> str:
    told = f"Answers with signs of cheating: {signs['share']:.1%}"
    each = ", ".join(f"{name}: {count:,}" for name, count in signs["by_sign"].items())
    return f"{told} ({each})." if each else f"{told}."


def _thought(thought: Mapping[str, float], most: int | None) -> str:
    """What answers cost, and what is saved by those that stop early where each is
    given alone: the device thinks for as long as the longest that it is at."""
    mean = thought["segments_per_token"]
    told = (
        f"Tokens an answer: {thought['tokens'] / thought['answers']:.0f}; segments a "
        f"token: {mean:.2f}"
    )
    if most is None or most == 1:
        return f"{told}."
    return f"{told} of at most {most}, {1 - mean / most:.0%} less to think."


def _shared(tasks: Mapping[str, str]) -> dict[str, str]:
    """Those of several problems, by problem."""
    often = collections.Counter(tasks.values())
    return {name: task for name, task in tasks.items() if often[task] > 1}


def _pass_at_k(
    ran: Mapping[str, Sequence[Grade]], tasks: Mapping[str, str], ks: Sequence[int]
) -> list[dict[str, Any]]:
    """Args:
    ran: grades by problem; one without any does not count.
    tasks: of problems.
    """
    names = [name for name, grades in ran.items() if grades]
    counts = [(len(ran[n]), sum(graded.passed for graded in ran[n])) for n in names]
    groups = [tasks[name] for name in names]
    rates = (pass_at_k.over_problems(counts, k, groups) for k in ks)
    return [rate._asdict() for rate in rates if rate is not None]


def _kinds(grades) -> dict[str, int]:
    counted = collections.Counter(graded.kind for graded in grades)
    return {kind.value: counted[kind] for kind in Kind if counted[kind]}


def _seconds(seconds: list[float]) -> dict[str, float]:
    if not seconds:
        return {}
    median, p95 = np.quantile(seconds, [0.5, 0.95])
    return {
        "mean": float(np.mean(seconds)),
        "median": float(median),
        "p95": float(p95),
        "longest": max(seconds),
    }


def _not_run(by_problem: Mapping[str, list[Grade]]) -> list[dict[str, str]]:
    return [
        {"problem": name, "reason": graded.detail}
        for name, grades in by_problem.items()
        for graded in grades
        if graded.kind == Kind.NOT_RUN
    ]
