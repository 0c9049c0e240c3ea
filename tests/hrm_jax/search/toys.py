"""Problems small enough to be run in the head, and a network that is a function.

A program is a word; a test asks for one of its letters. What a word's letters are is
all that public tests tell.
"""

import contextlib
import dataclasses

from eval.benchmarks.challenge import UNTESTED
from eval.benchmarks.problem import Grade, Kind
from eval.benchmarks.synthetic.trial import Trial
from hrm_jax.search import journal
from hrm_jax.search.candidate import Candidate, Sample
from hrm_jax.search.explore import explore


@dataclasses.dataclass
class Word:
    """See `eval.benchmarks.challenge.Challenge`."""

    wanted: str
    id: str = "word"
    task: str = "word"
    language: str = "text"
    prompt: str = "Say it."
    begins: str = ""
    runs: list = dataclasses.field(default_factory=list)

    @property
    def public_tests(self):
        return len(self.wanted)

    def extract(self, completion):
        return completion.strip()

    def public(self, source, sandbox=None):
        self.runs.append(source)
        if not self.wanted:
            return UNTESTED
        if not source.isalpha():
            wrong = (False,) * len(self.wanted)
            return Trial(Kind.COMPILE_ERROR, (), wrong, "", 0.0)
        letters = source.ljust(len(self.wanted))[: len(self.wanted)]
        passed = tuple(a == b for a, b in zip(letters, self.wanted, strict=True))
        kind = Kind.PASSED if all(passed) else Kind.WRONG_ANSWER
        return Trial(kind, tuple(letters), passed, "", 0.0)

    def failure(self, trial):
        if all(trial.passed):
            return None
        place = trial.passed.index(False)
        return f"letter {place} is not {self.wanted[place]}"

    def repair_prompt(self, source, failure):
        return f"{source}: {failure}"

    def probe(self, source, sandbox=None):
        return (source[:1],)

    def hidden(self, source, sandbox=None):
        return Grade(Kind.PASSED if source == self.wanted else Kind.WRONG_ANSWER)


class Network:
    """A `Write`, of a function from an ask to a text; counts what it was asked."""

    def __init__(self, answer, backwards=False):
        self.answer, self.backwards, self.asked = answer, backwards, []

    def __call__(self, asks):
        order = list(enumerate(asks))
        for place, ask in reversed(order) if self.backwards else order:
            self.asked.append(ask)
            read = len(ask.prompt)
            yield place, Sample(self.answer(ask), -1.0, 2, False, read=read)


def executing(jobs):
    for key, job in jobs:
        yield key, job.challenge.public(job.source)


def explored(path, searches, network):
    """Explores, with the journal of a path."""
    with contextlib.ExitStack() as held:
        known = held.enter_context(journal.opened(path))
        explore(searches, network, executing, known)


def below(node):
    """Itself, and all below it."""
    found = [node]
    for one in found:
        found += one.children
    return found


def candidate(number=0, **changes):
    """A candidate that fails a test."""
    fields = {
        **{"number": number, "parent": None, "way": "fresh", "temperature": 1.0},
        **{"source": f"s{number}", "key": f"k{number}", "log_prob": -1.0, "tokens": 1},
        **{"kind": "wrong answer", "results": ("1",), "passed": (False,)},
        **{"failure": "f", "seconds": 0.0},
    }
    return Candidate(**(fields | changes))
