"""From the log of a patch's tests to its grade."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eval.benchmarks.problem import Grade, Kind
from eval.benchmarks.swebench import grading, logs
from eval.benchmarks.swebench.grading import Report, Resolved
from eval.benchmarks.swebench.instances import (
    FAIL_TO_PASS,
    PASS_TO_PASS,
    Instance,
)
from eval.benchmarks.swebench.records import LOG, Record

DISAGREES = "The authors' report.json says otherwise"
_BOTH_WAYS = "pass_and_fail"
_NAMED = 5
"""Tests, of those that are not as they must be."""


def why_not(instance: Instance, row: Mapping[str, Any]) -> str:
    """Why no log of an instance can be graded; "" if it can."""
    if instance.fail_to_pass is None or instance.pass_to_pass is None:
        return f"The row does not tell {FAIL_TO_PASS} and {PASS_TO_PASS}."
    if row.get("eval_type", _BOTH_WAYS) != _BOTH_WAYS:
        return f"The row asks for grading by {row['eval_type']!r}, which is not here."
    if _parser(instance, row) is None:
        wanted = row.get("log_parser") or instance.repo
        return f"There is no parser for the logs of {wanted!r}."
    return ""


def grade(instance: Instance, row: Mapping[str, Any], record: Record) -> Grade:
    """Grades what a harness has recorded of a patch that is not empty.

    Resolved in full is passed; nothing else is. As with the authors, what the log does
    not show to have run has failed, whatever the reason.

    Args:
      instance: whose logs can be graded (`why_not`).
      row: of the instance.
    """
    log = record.log
    if log is None:
        if record.refused:
            return Grade(Kind.MALFORMED, "The patch does not apply, by the log.")
        return Grade(
            Kind.NOT_RUN,
            f"{record.path} has no {LOG}: the harness did not come to the tests.",
        )
    parser = _parser(instance, row)
    assert parser is not None
    found = grading.statuses(log, parser, marked=record.marked)
    report = grading.report(
        instance.fail_to_pass or (), instance.pass_to_pass or (), found or {}
    )
    if grading.timed_out(log):
        kind, told = Kind.TIME_LIMIT, "The tests took too long, by the log."
    elif grading.NOT_APPLIED in log:
        kind, told = Kind.MALFORMED, "The patch does not apply, by the log."
    elif found is None:
        kind, told = Kind.RUNTIME_ERROR, "The tests did not run, by the log."
    else:
        full = report.resolved == Resolved.FULL
        kind = Kind.PASSED if full else Kind.WRONG_ANSWER
        told = counts(report)
    said = _disagreement(record.report(instance.id), report, kind, found is not None)
    return Grade(kind, f"{told} {said}".strip(), record.seconds)


def counts(report: Report) -> str:
    """How many tests are as they must be, and the first of those that are not."""
    lists = {FAIL_TO_PASS: report.fail_to_pass, PASS_TO_PASS: report.pass_to_pass}
    told = [
        f"{name} {sum(tests.values()):,} of {len(tests):,}"
        for name, tests in lists.items()
    ]
    bad = [name for tests in lists.values() for name, good in tests.items() if not good]
    named = f" Not: {', '.join(bad[:_NAMED])}{' ...' * (len(bad) > _NAMED)}."
    return f"{report.resolved}: {', '.join(told)}.{named if bad else ''}"


def _parser(instance: Instance, row: Mapping[str, Any]) -> logs.Parser | None:
    return logs.parser(instance.repo, row.get("log_parser") or None)


def _disagreement(
    theirs: Mapping[str, Any] | None, report: Report, kind: Kind, ran: bool
) -> str:
    """What the authors' grading of the same log found, if it is something else."""
    if theirs is None:
        return ""
    resolved = kind == Kind.PASSED
    if theirs.get("resolved") is not resolved:
        return f"{DISAGREES}: resolved is {theirs.get('resolved')!r}."
    tests = theirs.get("tests_status")
    if not isinstance(tests, dict) or not ran:
        return ""
    ours = {FAIL_TO_PASS: report.fail_to_pass, PASS_TO_PASS: report.pass_to_pass}
    for name, found in ours.items():
        success = set((tests.get(name) or {}).get("success", ()))
        differ = [test for test, good in found.items() if good != (test in success)]
        if differ:
            return f"{DISAGREES}: of {name} it has {differ[0]} the other way."
    return ""
