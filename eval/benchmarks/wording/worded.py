"""A benchmark with prompts that the authors' own code makes."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import pathlib
from collections.abc import Mapping, Sequence

from data_pipeline.schema import UserError
from eval.benchmarks.benchmark import Benchmark
from eval.benchmarks.problem import Grade, Problem, Prompt
from eval.sandbox.limits import MIB, RUNNING
from eval.sandbox.program import Program
from eval.sandbox.sandbox import Sandbox

_DRIVER = pathlib.Path(__file__).with_name("driver.py")
_LIMITS = dataclasses.replace(RUNNING, wall_seconds=60, output_bytes=256 * MIB)
_CRUXEVAL = ("prompts.py", "openai/openai_prompt.py")
_LIVECODEBENCH = ("lcb_runner/lm_styles.py", "lcb_runner/prompts")
_SOURCES = {
    "cruxeval_input": _CRUXEVAL,
    "cruxeval_output": _CRUXEVAL,
    "livecodebench": _LIVECODEBENCH,
    "livecodebench_repair": _LIVECODEBENCH,
    "livecodebench_tests": _LIVECODEBENCH,
    "livecodebench_execution": _LIVECODEBENCH,
}
"""Files and folders of a checkout, by the names of benchmarks."""
_FIELDS = (
    *("code", "input", "output", "question_content", "starter_code", "test"),
    *("wrong", "graded"),
)


@dataclasses.dataclass(frozen=True)
class Worded:
    """A `benchmark.Benchmark` that is another one but for its prompts.

    Attributes:
      prompts: by the ids of problems.
    """

    other: Benchmark
    prompts: Mapping[str, Prompt]

    @property
    def name(self) -> str:
        return f"{self.other.name} (the authors' prompts)"

    @property
    def problems(self) -> Sequence[Problem]:
        return self.other.problems

    def prompt(self, problem: Problem) -> Prompt:
        return self.prompts[problem.id]

    def extract(self, problem: Problem, completion: str) -> str:
        return self.other.extract(problem, completion)

    def grade(self, problem: Problem, submission: str, sandbox: Sandbox) -> Grade:
        return self.other.grade(problem, submission, sandbox)

    def gold(self, problem: Problem) -> str | None:
        return self.other.gold(problem)


def sources(name: str, checkout: pathlib.Path) -> dict[str, bytes]:
    """The files of a checkout that make the prompts of a benchmark, by path.

    Args:
      name: of the benchmark on the command line.
      checkout: of facebookresearch/cruxeval or LiveCodeBench/LiveCodeBench.

    Raises:
      UserError: the benchmark has no other prompts than ours, or a file is missing.
    """
    if name not in _SOURCES:
        raise UserError(f"--prompts is for {', '.join(_SOURCES)}, not for {name}.")
    found = {}
    for part in _SOURCES[name]:
        path = checkout / part
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        # The package's own imports would load all scenarios, and what they need.
        files = [one for one in files if one.suffix in (".py", ".json")]
        files = [one for one in files if one.is_file() and one.name != "__init__.py"]
        if not files:
            raise UserError(
                f"{checkout} has no {part}: --prompts needs a checkout of the authors' "
                "repository."
            )
        for one in files:
            found[one.relative_to(checkout).as_posix()] = one.read_bytes()
    return found


def digest(files: Mapping[str, bytes]) -> str:
    """SHA-256 of files and their paths."""
    total = hashlib.sha256()
    for path, data in sorted(files.items()):
        total.update(f"{hashlib.sha256(data).hexdigest()}  {path}\n".encode())
    return total.hexdigest()


def worded(
    benchmark: Benchmark,
    problems: Sequence[Problem],
    name: str,
    files: Mapping[str, bytes],
    sandbox: Sandbox,
    *,
    chat: bool = False,
    reasoning: bool = False,
) -> Worded:
    """A benchmark with the prompts that the authors' functions make.

    Args:
      problems: that are to be asked.
      files: as `sources` gives them.
      chat: in the form for OpenAI's chats, not for models that go on with a text.
      reasoning: the model is asked to think before it answers.

    Raises:
      UserError: the authors' code fails, on a row or as a whole.
    """
    ours = {problem.id: benchmark.prompt(problem) for problem in problems}
    # Who has nothing to be asked, as after a repair that is not needed, is not asked.
    asked = [problem for problem in problems if ours[problem.id].text]
    job = {
        "benchmark": name,
        "chat": chat,
        "reasoning": reasoning,
        "rows": [
            {field: problem.row[field] for field in _FIELDS if field in problem.row}
            for problem in asked
        ],
    }
    program = Program(
        "python",
        {
            **files,
            "job.json": json.dumps(job).encode(),
            "main.py": _DRIVER.read_bytes(),
        },
        "main.py",
    )
    outcome = sandbox.run(program, limits=_LIMITS)
    if not outcome.succeeded:
        said = outcome.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise UserError(f"The authors' prompts cannot be made ({said[:200]}).")
    made = dict(ours)
    for problem, found in zip(asked, json.loads(outcome.stdout), strict=True):
        if isinstance(found, str):
            raise UserError(
                f"The authors' code makes no prompt for {problem.id}: {found[:200]}."
            )
        system, text = found
        made[problem.id] = Prompt(text, ours[problem.id].stop, system=system)
    return Worded(benchmark, made)
