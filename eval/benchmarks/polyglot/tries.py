"""Two tries an exercise, and the fields of Aider's leaderboard.

After `run_test_real` and `summarize_results` of its `benchmark.py`. Otherwise than
there, a second try is one prompt that repeats the exercise, not a conversation, and a
reply is applied wholly or not at all: of several SEARCH/REPLACE blocks Aider keeps
those that match.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable

from eval.benchmarks.edits.error import EditError, NoEdit
from eval.benchmarks.polyglot import testing
from eval.benchmarks.polyglot.benchmark import Polyglot
from eval.benchmarks.problem import Kind, Problem, Prompt
from eval.sandbox.sandbox import Sandbox

TRIES = 2
REFLECTIONS = 3
"""How often in a try a model hears why its reply could not be applied; `base_coder`."""

_LAZY = re.compile(r"^[+]? *[#].* [.][.][.] ", re.MULTILINE)


class ContextExhausted(Exception):
    """Raised by a model whose context does not hold the prompt and its answer."""


Model = Callable[[Prompt], str]


@dataclasses.dataclass
class Result:
    """What came of an exercise; the counts are over all of its tries.

    Attributes:
      id: of the problem.
      outcomes: of the tries, the last of which may have passed.
      not_run: why it cannot be run on this machine; it then counts nowhere.
      malformed: replies that could not be applied.
      error_outputs: sentences about such replies and about full context windows.
      lazy_comments: comments that stand for code left out.
      exhausted: replies that did not fit the context window.
      timeouts: tries whose tests took too long.
      syntax_errors: lines of the tests' output that begin so.
      indentation_errors: likewise.
      seconds: of the tests, by the clock.
    """

    id: str
    outcomes: list[bool] = dataclasses.field(default_factory=list)
    not_run: str = ""
    malformed: int = 0
    error_outputs: int = 0
    lazy_comments: int = 0
    exhausted: int = 0
    timeouts: int = 0
    syntax_errors: int = 0
    indentation_errors: int = 0
    seconds: float = 0.0


def run(
    benchmark: Polyglot, problem: Problem, model: Model, sandbox: Sandbox
) -> Result:
    """Gives a model two tries at an exercise.

    Raises:
      SandboxError: the tests were not run, through no fault of the model.
    """
    result = Result(problem.id)
    files = dict(benchmark.exercise(problem).stubs)
    prompt = benchmark.prompt(problem)
    for _ in range(TRIES):
        files = _edited(benchmark, problem, files, prompt, model, result)
        tested = testing.run(benchmark.exercise(problem), files, sandbox)
        result.seconds += tested.seconds
        if tested.kind == Kind.NOT_RUN:
            result.not_run = tested.output or "it cannot be built here"
            break
        result.outcomes.append(tested.kind == Kind.PASSED)
        result.timeouts += tested.kind == Kind.TIME_LIMIT
        if result.outcomes[-1]:
            break
        lines = tested.output.splitlines()
        result.syntax_errors += sum(line.startswith("SyntaxError") for line in lines)
        result.indentation_errors += sum(
            line.startswith("IndentationError") for line in lines
        )
        prompt = benchmark.again(problem, files, tested.output)
    return result


def _edited(
    benchmark: Polyglot,
    problem: Problem,
    files: dict[str, str],
    prompt: Prompt,
    model: Model,
    result: Result,
) -> dict[str, str]:
    """The files after one try, in which a model may mend a malformed reply."""
    asked = prompt
    for _ in range(1 + REFLECTIONS):
        try:
            reply = model(asked)
        except ContextExhausted:
            result.exhausted += 1
            result.error_outputs += 1
            return files
        result.lazy_comments += len(_LAZY.findall(reply))
        try:
            return benchmark.format.apply(
                reply, files, list(benchmark.exercise(problem).stubs)
            )
        except NoEdit:  # nothing to mend: the files stay as they are
            return files
        except EditError as error:
            result.malformed += 1
            result.error_outputs += 1
            asked = prompt._replace(
                text=f"{prompt.text}\nYour answer was:\n\n{reply}\n\nIt could not be "
                f"applied: {error}\nAnswer again, with the whole of your changes.\n"
            )
    return files


def leaderboard(results: Iterable[Result]) -> dict[str, float | int]:
    """The fields of the leaderboard; rates are percentages of the exercises that ran.

    An exercise that passes in its first try counts as passed after the second as well.
    """
    everything = list(results)
    ran = [result for result in everything if not result.not_run]
    passed = [
        sum(any(result.outcomes[:tries]) for result in ran)
        for tries in range(1, TRIES + 1)
    ]
    with_malformed = sum(result.malformed > 0 for result in ran)

    def percent(part: int) -> float:
        return round(100 * part / len(ran), 1) if ran else 0.0

    return {
        "test_cases": len(ran),
        **{f"pass_rate_{n}": percent(count) for n, count in enumerate(passed, 1)},
        **{f"pass_num_{n}": count for n, count in enumerate(passed, 1)},
        "percent_cases_well_formed": percent(len(ran) - with_malformed),
        "error_outputs": sum(result.error_outputs for result in ran),
        "num_malformed_responses": sum(result.malformed for result in ran),
        "num_with_malformed_responses": with_malformed,
        "lazy_comments": sum(result.lazy_comments for result in ran),
        "syntax_errors": sum(result.syntax_errors for result in ran),
        "indentation_errors": sum(result.indentation_errors for result in ran),
        "exhausted_context_windows": sum(result.exhausted for result in ran),
        "test_timeouts": sum(result.timeouts for result in ran),
        "total_tests": len(everything),
        "not_run": len(everything) - len(ran),
    }
