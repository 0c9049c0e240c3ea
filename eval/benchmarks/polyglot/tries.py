"""Two tries at an exercise, and the fields of Aider's leaderboard.

After `run_test_real` and `summarize_results` of its `benchmark.py`, and `run_one` of
its `base_coder.py`: a conversation; three more answers in a try where one cannot be
applied; of several changes those that match are kept; an answer that does not fit into
the context ends its try.

What makes numbers differ from the leaderboard's: Aider tells a model how to answer in
other words and with examples; it also takes lines that match but for their indentation,
listings without an end and files that the exercise does not have; and where a linter
finds a syntax error it lets the model repair it before the tests are run.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable

from eval.benchmarks.edits.error import EditError, NoEdit, Unmatched
from eval.benchmarks.models import ContextExhausted
from eval.benchmarks.polyglot.benchmark import Polyglot
from eval.benchmarks.polyglot.conversation import Conversation
from eval.benchmarks.polyglot.testing import Tested
from eval.benchmarks.problem import Grade, Kind, Problem, Prompt

TRIES = 2
REFLECTIONS = 3
"""How often in a try a model hears why its answer could not be applied."""

_LAZY = re.compile(r"^[+]? *[#].* [.][.][.] ", re.MULTILINE)
_FULL = "The answer does not fit into the model's context."

Ask = Callable[[Prompt], str]
"""A model; raises `ContextExhausted`."""
Test = Callable[[dict[str, str]], Tested]
"""What the tests say of solution files, by path."""


@dataclasses.dataclass
class Result:
    """What came of an exercise; the counts are over all of its tries.

    Attributes:
      id: of the problem.
      grades: of the tries, the last of which may have passed.
      not_run: why it cannot be run on this machine; it then counts nowhere.
      malformed: answers that could not be applied.
      error_outputs: sentences about such answers and about full context windows.
      lazy_comments: comments that stand for code left out, in the tries' last answers.
      exhausted: answers that did not fit the context window.
      timeouts: tries whose tests took too long.
      syntax_errors: lines of the tests' output that begin so.
      indentation_errors: likewise.
    """

    id: str
    grades: list[Grade] = dataclasses.field(default_factory=list)
    not_run: str = ""
    malformed: int = 0
    error_outputs: int = 0
    lazy_comments: int = 0
    exhausted: int = 0
    timeouts: int = 0
    syntax_errors: int = 0
    indentation_errors: int = 0

    def passed(self, tries: int = TRIES) -> bool:
        """Whether one of the first tries passed."""
        return any(grade.passed for grade in self.grades[:tries])


def run(benchmark: Polyglot, problem: Problem, ask: Ask, test: Test) -> Result:
    """Gives a model two tries at an exercise; what `ask` and `test` raise ends it."""
    result = Result(problem.id)
    files = dict(benchmark.exercise(problem).stubs)
    conversation = Conversation(benchmark.format.instructions)
    question = benchmark.task(problem)
    for _ in range(TRIES):
        one = _Try(benchmark, problem, conversation, files, result)
        one.answer(question, ask)
        files = one.files
        tested = test(files)
        if tested.kind == Kind.NOT_RUN:
            result.not_run = tested.output or "It cannot be built here."
            return result
        result.grades.append(_grade(tested, one.fault))
        result.timeouts += tested.kind == Kind.TIME_LIMIT
        if result.passed():
            break
        lines = tested.output.splitlines()
        result.syntax_errors += sum(line.startswith("SyntaxError") for line in lines)
        result.indentation_errors += sum(
            line.startswith("IndentationError") for line in lines
        )
        question = benchmark.again(problem, tested.output)
    return result


def _grade(tested: Tested, fault: str) -> Grade:
    """Of a try; tests that fail where no answer was applied say nothing about it."""
    if tested.kind == Kind.PASSED:
        return Grade(Kind.PASSED, seconds=tested.seconds)
    kind = Kind.MALFORMED if fault else tested.kind
    return Grade(kind, fault or tested.output, tested.seconds)


@dataclasses.dataclass
class _Try:
    """Attributes:
    files: as they are.
    fault: why the try left them as they were; "" if it did not.
    """

    benchmark: Polyglot
    problem: Problem
    conversation: Conversation
    files: dict[str, str]
    result: Result
    fault: str = ""

    def answer(self, question: str, ask: Ask) -> None:
        """Lets the model answer, and repair what cannot be applied."""
        reply, changed = "", False
        for _ in range(1 + REFLECTIONS):
            try:
                reply = ask(self.conversation.prompt(self.files, question))
            except ContextExhausted as error:
                reply, self.fault = error.text, _FULL
                self.conversation.answered(question, reply or _FULL)
                self.result.exhausted += 1
                self.result.error_outputs += 1
                break
            self.conversation.answered(question, reply)
            matched, told = self._apply(reply)
            changed = changed or matched
            if not told:
                break
            question = told
        self.result.lazy_comments += len(_LAZY.findall(reply))
        self.fault = "" if changed else self.fault

    def _apply(self, reply: str) -> tuple[bool, str]:
        """Whether something of a reply was applied, and what is to be repaired."""
        editable = list(self.benchmark.exercise(self.problem).stubs)
        matched = 0
        try:
            self.files = self.benchmark.format.apply(reply, self.files, editable)
        except NoEdit as error:  # nothing to repair
            self.fault = str(error)
            return False, ""
        except EditError as error:
            self.fault = told = str(error)
            if isinstance(error, Unmatched):
                self.files, matched = error.files, error.matched
        else:
            self.conversation.settle()
            return True, ""
        self.result.malformed += 1
        self.result.error_outputs += 1
        rest = f" The other {matched} were applied: do not repeat them." * bool(matched)
        return bool(matched), (
            f"The answer could not be applied as a whole.\n{told}\n"
            f"Answer again with the changes that failed, mended.{rest}\n"
        )


def leaderboard(results: Iterable[Result]) -> dict[str, float | int]:
    """The fields of the leaderboard; rates are percentages of the exercises that ran.

    An exercise that passes in its first try counts as passed after the second as well.
    """
    everything = list(results)
    ran = [result for result in everything if not result.not_run]
    passed = [sum(r.passed(tries) for r in ran) for tries in range(1, TRIES + 1)]
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
