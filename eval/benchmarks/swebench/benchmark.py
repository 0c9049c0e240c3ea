"""The instances as a benchmark, graded by proxies."""

from __future__ import annotations

import pathlib
import re

from eval.benchmarks.problem import Grade, Kind, Problem, Prompt
from eval.benchmarks.swebench import instances, proxies
from eval.benchmarks.swebench.instances import Instance
from eval.sandbox.sandbox import Sandbox

_TASK = """\
Solve the issue of the repository {repo} that stands between the tags. Answer with one \
patch, as `git diff` writes it, between <patch> and </patch>.

<issue>
{issue}
</issue>
"""
_TAGGED = re.compile(r"<([\w-]+)>(.*?)</\1>", re.DOTALL)
_FENCED = re.compile(r"```(\w+)?\n(.*?)```", re.DOTALL)


class SweBench:
    """See `benchmark.Benchmark`; a submission is a patch, and never passes: its tests
    need the authors' images. The details of grades are proxies."""

    name = "SWE-bench (proxies, no tests run)"

    def __init__(self, path: pathlib.Path):
        found = instances.load(path)
        self._instances = {instance.id: instance for instance, _ in found}
        self.problems = [Problem(instance.id, "python", row) for instance, row in found]

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
        found = [*_TAGGED.findall(completion), *_FENCED.findall(completion)]
        named = [text for name, text in found if name in ("diff", "patch")]
        either = named or [text for _, text in found]
        patch = either[0] if either else completion.split("</s>")[0]
        return patch.lstrip("\n") if patch.strip() else ""

    def grade(self, problem: Problem, submission: str, sandbox: Sandbox) -> Grade:
        """`MALFORMED`, or `NOT_RUN` with the proxies."""
        found = proxies.measure(self.instance(problem), submission, sandbox)
        if found.error:
            return Grade(Kind.MALFORMED, f"{found.error} ({found})")
        return Grade(Kind.NOT_RUN, f"The tests need the authors' images; {found}.")

    def gold(self, problem: Problem) -> str:
        """The patch that resolved the issue."""
        return f"<patch>\n{self.instance(problem).patch}</patch>"


def load(path: pathlib.Path) -> SweBench:
    """The instances of a file in the schema of SWE-bench, Lite or Verified.

    Raises:
      UserError: a row is malformed.
    """
    return SweBench(path)
