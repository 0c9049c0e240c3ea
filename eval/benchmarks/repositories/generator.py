"""Makes repositories with a planted bug, each proved by its tests."""

from __future__ import annotations

import hashlib
import json
import pathlib
import random
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from data_pipeline.schema import UserError
from eval.benchmarks.edits import unified
from eval.benchmarks.repositories import issues, layout, mutations, testing
from eval.benchmarks.repositories.mutations import Mutation
from eval.sandbox.sandbox import Sandbox

Split = Literal["train", "test"]
SPLITS: tuple[Split, ...] = ("train", "test")
_ONE_IN = 4
"""Of so many bugs one belongs to the test split."""

_SHOWN = 0.6
"""The part of the tests that pass with the bug that a submission may see."""


def split_of(module: str, mutation: Mutation) -> Split:
    """The split that a bug belongs to, in all repositories."""
    return "test" if int(mutation.digest(module), 16) % _ONE_IN == 0 else "train"


def bugs(split: Split) -> list[tuple[str, Mutation]]:
    """The bugs of a split, with their modules."""
    return [
        (module, mutation)
        for module in layout.modules()
        for mutation in mutations.find(layout.source(module))
        if split_of(module, mutation) == split
    ]


def generate(
    split: Split, seed: int, count: int, sandbox: Sandbox
) -> Iterator[dict[str, Any]]:
    """Rows in SWE-bench's schema, with the files; the same for the same arguments.

    Bugs come in an order that is drawn; when all were used they come again, in other
    repositories.

    Raises:
      NoToolchain: the sandbox has no Python.
      UserError: there is no such split.
    """
    if split not in SPLITS:
        raise UserError(f"There is no split {split!r}: take {' or '.join(SPLITS)}.")
    generator = random.Random(f"{split} {seed}")
    found, made = bugs(split), 0
    while made < count:
        for module, mutation in generator.sample(found, len(found)):
            row = _row(module, mutation, random.Random(generator.random()), sandbox)
            if row is None:
                continue
            yield {"instance_id": f"{split}-{seed}-{made}", **row}
            made += 1
            if made == count:
                return


def save(rows: Sequence[dict[str, Any]], path: pathlib.Path) -> None:
    """Writes rows, one a line, to be read by `benchmark.load`."""
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text("".join(lines), encoding="utf-8")


def _row(
    module: str, mutation: Mutation, generator: random.Random, sandbox: Sandbox
) -> dict[str, Any] | None:
    """The row of a bug; None if it does not show, or shows in every test."""
    made = layout.draw(module, generator)
    sources = {one: layout.source(one) for one in made.modules}
    gold = made.files(sources)
    broken = made.files({**sources, module: mutation.apply(sources[module])})
    hidden, visible = {}, {"tests/__init__.py": ""}
    fail_to_pass: list[str] = []
    pass_to_pass: list[str] = []
    shown: list[tuple[str, str, str]] = []
    for one in made.modules:
        calls = made.calls(one)
        wanted = testing.values(gold, made.imported(one), calls, sandbox)
        assert wanted is not None, f"the library's module {one} fails"
        tests = made.tests(one, calls, wanted)
        statuses = _statuses({**broken, **tests}, tests, sandbox)
        if statuses is None:  # endless, or does not even start
            return None
        whole = _statuses({**gold, **tests}, tests, sandbox)
        assert whole and set(whole.values()) == {"PASSED"}, f"{one}: {whole}"
        failed = [name for name, status in statuses.items() if status != "PASSED"]
        fail_to_pass += failed
        pass_to_pass += [name for name in statuses if name not in failed]
        by_call = list(zip(calls, wanted, _in_order(statuses), strict=True))
        passing = [entry for entry in by_call if entry[2] not in failed]
        if not passing:
            return None
        kept = generator.sample(passing, max(1, round(_SHOWN * len(passing))))
        kept = [entry for entry in by_call if entry in kept]
        seen = made.tests(one, [e[0] for e in kept], [e[1] for e in kept])
        hidden, visible = {**hidden, **tests}, {**visible, **seen}
        if one == module:
            shown = [entry for entry in by_call if entry[2] in failed]
    if not fail_to_pass or set(_all(visible, broken, sandbox)) != {"PASSED"}:
        return None
    symptom = issues.symptom(made, module, broken, shown, generator, sandbox)
    if symptom is None:
        return None
    hidden["tests/__init__.py"] = ""
    return {
        "repo": f"generated/{made.package}",
        "base_commit": _hash({**broken, **visible}),
        "problem_statement": symptom,
        "hints_text": "",
        "patch": unified.difference(broken, gold),
        "test_patch": unified.difference(visible, hidden),
        "FAIL_TO_PASS": json.dumps(sorted(fail_to_pass)),
        "PASS_TO_PASS": json.dumps(sorted(pass_to_pass)),
        "version": "1",
        "bug": {"kind": mutation.kind.value, "module": module},
        "files": {**broken, **visible},
        "hidden": hidden,
    }


def _in_order(statuses: dict[str, str]) -> list[str]:
    """Names of tests by the number at their end, which is that of the call."""
    return sorted(statuses, key=lambda name: int(name.rpartition("_")[2]))


def _all(tests: dict[str, str], files: dict[str, str], sandbox: Sandbox) -> list[str]:
    paths = {path: text for path, text in tests.items() if "/test_" in path}
    return list((_statuses({**files, **tests}, paths, sandbox) or {"": ""}).values())


def _statuses(
    files: dict[str, str], tests: dict[str, str], sandbox: Sandbox
) -> dict[str, str] | None:
    return testing.run(files, sorted(tests), sandbox).statuses


def _hash(files: dict[str, str]) -> str:
    return hashlib.sha1(json.dumps(files, sort_keys=True).encode()).hexdigest()
