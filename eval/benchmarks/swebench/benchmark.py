"""The instances as a benchmark: graded by logs of their tests, or else by proxies."""

from __future__ import annotations

import pathlib
import re
import sys
from collections.abc import Iterator, Mapping, Sequence

from data_pipeline.progress import OnProgress
from data_pipeline.schema import UserError
from eval.benchmarks.problem import Grade, Kind, Problem, Prompt
from eval.benchmarks.samples import Key, Sample
from eval.benchmarks.swebench import instances, proxies, verdict
from eval.benchmarks.swebench.harnesses import (
    Containers,
    Docker,
    Harness,
    Patch,
)
from eval.benchmarks.swebench.instances import Instance, Prediction
from eval.benchmarks.swebench.proxies import Means
from eval.benchmarks.swebench.records import NoRecord, Records
from eval.sandbox.sandbox import Sandbox

_TASK = """\
Solve the issue of the repository {repo} that stands between the tags. Answer with one \
patch, as `git diff` writes it, between <patch> and </patch>.

<issue>
{issue}
</issue>
"""
_OPENED = re.compile(r"<([\w-]+)>")
_FENCED = re.compile(r"```(\w+)?\n(.*?)```", re.DOTALL)
_TEST_SECONDS = 1_800
"""As in the authors' harness."""
PREDICTIONS = "predictions.jsonl"


class SweBench:
    """See `benchmark.Benchmark`; a submission is a patch.

    It passes if the log of its tests says that the issue is resolved in full. Without
    logs nothing passes, and the details of grades are proxies.

    Args:
      path: of the instances.
      logs: a folder of logs that were made elsewhere.
      harness: makes logs here, in `prepare`.
    """

    def __init__(
        self,
        path: pathlib.Path,
        logs: pathlib.Path | None = None,
        harness: Harness | None = None,
    ):
        found = instances.load(path)
        self._instances = {instance.id: instance for instance, _ in found}
        self.problems = [Problem(instance.id, "python", row) for instance, row in found]
        self._elsewhere, self._harness = logs, harness
        self._lost: dict[tuple[str, str], str] = {}
        self._measured: dict[tuple[str, str], proxies.Proxies] = {}
        self._records = self._read(logs) if logs else None
        if self._records is not None and not self._records:
            raise UserError(
                f"{logs} has no log of any instance of {path}: it must hold "
                "INSTANCE/test_output.txt or INSTANCE.log."
            )

    @property
    def name(self) -> str:
        """With what the grades come from."""
        if self._harness is not None:
            return f"SWE-bench ({self._harness.title})"
        way = "proxies, no tests run" if self._elsewhere is None else "logs, not ours"
        return f"SWE-bench ({way})"

    def instance(self, problem: Problem) -> Instance:
        """What a problem's row says."""
        return self._instances[problem.id]

    def prompt(self, problem: Problem) -> Prompt:
        """The authors' own prompt where the row has it, or else the issue alone."""
        instance = self.instance(problem)
        own = problem.row.get("text")
        return Prompt(
            own if own else _TASK.format(repo=instance.repo, issue=instance.issue)
        )

    def extract(self, problem: Problem, completion: str) -> str:
        """The patch in a model's text, by the authors' `extract_diff`: the first that
        is tagged or fenced as a patch or diff, or else as anything, or else the text.
        """
        found = [*_tagged(completion), *_FENCED.findall(completion)]
        named = [text for name, text in found if name in ("diff", "patch")]
        either = named or [text for _, text in found]
        patch = either[0] if either else completion.split("</s>")[0]
        return patch.lstrip("\n") if patch.strip() else ""

    def prepare(
        self,
        samples: Sequence[Sample],
        output: pathlib.Path,
        workers: int | None,
        progress: OnProgress,
    ) -> None:
        """Leaves predictions in the authors' format, and has the harness run them.

        The first samples are in `predictions.jsonl`, the next in `predictions-1.jsonl`:
        the format has one prediction an instance.

        Args:
          output: folder that is there.
          workers: instances at once.
          progress: called with how many patches the harness has done, and of how many.

        Raises:
          UserError: nothing can be run.
        """
        by_id = {problem.id: problem for problem in self.problems}
        patches = [
            Patch(problem, self.extract(problem, one.completion), one.model, one.index)
            for one in samples
            for problem in (by_id[one.problem],)
        ]
        for index in sorted({patch.index for patch in patches}):
            name = f"predictions-{index}.jsonl" if index else PREDICTIONS
            instances.write_predictions(
                output / name,
                [
                    Prediction(one.problem.id, one.model, one.text)
                    for one in patches
                    if one.index == index
                ],
            )
        if self._harness is None:
            return
        runnable = [one for one in patches if _is_text(one.text) and one.text.strip()]
        self._lost = self._harness.run(runnable, output, workers, progress)
        logs = output / "logs"
        logs.mkdir(exist_ok=True)
        self._records = self._read(logs)

    def grade(self, problem: Problem, submission: str, sandbox: Sandbox) -> Grade:
        """By the log of the patch's tests; `NOT_RUN` if there is none.

        Without logs and harness, `MALFORMED`, or `NOT_RUN` with the proxies.
        """
        instance = self.instance(problem)
        if self._records is None:
            found = self._proxies(problem, submission, sandbox)
            if found.error:
                return Grade(Kind.MALFORMED, f"{found.error} ({found})")
            return Grade(Kind.NOT_RUN, f"The tests need the authors' images.\n{found}.")
        reason = verdict.why_not(instance, problem.row)
        if not reason and self._harness is not None:
            reason = self._harness.why_not(problem.row)
        if reason:
            return Grade(Kind.NOT_RUN, reason)
        if not submission.strip():
            return Grade(Kind.MALFORMED, "There is no patch.")
        if not _is_text(submission):
            return Grade(Kind.MALFORMED, "The patch is no text in UTF-8.")
        try:
            record = self._records.of(problem.id, submission)
        except NoRecord as error:
            lost = self._lost.get((problem.id, submission))
            return Grade(Kind.NOT_RUN, lost or str(error))
        return verdict.grade(instance, problem.row, record)

    def gold(self, problem: Problem) -> str:
        """The patch that resolved the issue."""
        return instances.tagged(self.instance(problem).patch)

    def proxy_means(self, samples: Sequence[Sample], sandbox: Sandbox) -> Means:
        """Means of the proxies over samples; nothing where there are logs."""
        if self._records is not None:
            return {}
        by_id = {problem.id: problem for problem in self.problems}
        submissions = (
            (by_id[one.problem], self.extract(by_id[one.problem], one.completion))
            for one in samples
        )
        return proxies.summary(
            [self._proxies(*submission, sandbox) for submission in submissions]
        )

    def notes(self, grades: Mapping[Key, Grade], means: Means) -> list[str]:
        """What a report must say of grades besides their numbers.

        Args:
          means: of the proxies.
        """
        found = [proxies.told(means)] if means else []
        if self._elsewhere is not None:
            found.append(
                f"No test was run: the logs in {self._elsewhere} were made elsewhere."
            )
        differ = verdict.DISAGREES
        names = {key[0]: None for key, one in grades.items() if differ in one.detail}
        if names:
            found.append(
                f"{differ} than our grading of the same logs for "
                f"{len(names):,}: {', '.join(names)}."
            )
        return found

    def _proxies(
        self, problem: Problem, submission: str, sandbox: Sandbox
    ) -> proxies.Proxies:
        key = problem.id, submission
        if key not in self._measured:
            instance = self.instance(problem)
            self._measured[key] = proxies.measure(instance, submission, sandbox)
        return self._measured[key]

    def _read(self, folder: pathlib.Path) -> Records:
        return Records(folder, self._instances)


def _is_text(patch: str) -> bool:
    """Whether it can be written to a file: not with halves of characters."""
    try:
        patch.encode()
    except UnicodeEncodeError:
        return False
    return True


def _tagged(text: str) -> Iterator[tuple[str, str]]:
    r"""Names and contents of tags, as `<([\w-]+)>(.*?)</\1>` finds them, but in time
    that grows with the text alone."""
    place, unclosed = 0, set[str]()
    while opened := _OPENED.search(text, place):
        name, place = opened[1], opened.end()
        end = -1 if name in unclosed else text.find(f"</{name}>", place)
        if end < 0:
            unclosed.add(name)
            continue
        yield name, text[place:end]
        place = end + len(name) + 3


def load(
    path: pathlib.Path,
    logs: pathlib.Path | None = None,
    harness: str | None = None,
    containers: pathlib.Path | None = None,
    harness_python: str | None = None,
    test_timeout: int = _TEST_SECONDS,
) -> SweBench:
    """The instances of a file in the schema of SWE-bench, Lite or Verified.

    Args:
      logs: folder of logs that a harness has made elsewhere.
      harness: "docker" or "swe-rex", which makes them here.
      containers: for "swe-rex", the file of a fleet.
      harness_python: the interpreter with the package swebench, for "docker".
      test_timeout: seconds for the tests of an instance.

    Raises:
      UserError: a row is malformed, or what runs tests is not there or not well said.
    """
    if logs is not None and harness is not None:
        raise UserError("Take --logs or --harness: either there are logs or not yet.")
    if harness not in (None, "docker", "swe-rex"):
        raise UserError(f"--harness is {harness!r}, but it must be docker or swe-rex.")
    if (containers is not None) != (harness == "swe-rex"):
        raise UserError(
            "--harness=swe-rex and --containers=FILE.json, which says where they are "
            "started, go together."
        )
    if harness_python is not None and harness != "docker":
        raise UserError("--harness_python goes with --harness=docker.")
    runs: Harness | None = None
    if harness == "docker":
        runs = Docker(harness_python or sys.executable, test_timeout)
    elif containers is not None:
        runs = Containers(containers, test_timeout)
    return SweBench(path, logs, runs)
