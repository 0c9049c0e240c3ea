"""A tiny policy and a game for it: say one word first, whatever is asked."""

import dataclasses
import functools

import jax
import numpy as np

from configs import default
from data_pipeline.schema import IGNORE_LABEL
from data_pipeline.text.special import Special
from eval.benchmarks.problem import Kind
from eval.benchmarks.synthetic.verdict import Verdict
from hrm_jax import experiment
from hrm_jax.rl.objectives import ObjectiveConfig
from hrm_jax.rl.practice import Practice, PracticeConfig
from hrm_jax.rl.rewards import RewardConfig
from hrm_jax.rl.rounds import Drawn, Exercise, Policy, RoundConfig
from hrm_jax.train_state import TrainConfig, init_state
from tests.hrm_jax.models.text import text
from tests.hrm_jax.test_text_training import training

VOCABULARY, LENGTH, SLOTS = 20, 16, 8
WORD = 17
ONCE = {"h_cycles": 1, "l_cycles": 1, "gradient_window": 2}
MODEL = text(vocab_size=VOCABULARY, seq_len=LENGTH, **ONCE)
REWARDS = RewardConfig(passed=1.0, share=0.0, unreadable=0.0, kept=0.0, similarity=0.0)
CLIPS = {"grpo": (0.2, 0.28), "gspo": (3e-4, 4e-4)}


def train_config(name: str, segments: int = 1, **changes) -> TrainConfig:
    made = dataclasses.replace(training(), model=MODEL, slots=SLOTS)
    objective = None
    if name in CLIPS:
        low, high = CLIPS[name]
        objective = ObjectiveConfig(name, low, high, 0.0, segments, VOCABULARY)
    return dataclasses.replace(made, objective=objective, **changes)


def exercises(first: int) -> list[Exercise]:
    """Six tasks, whose prompts are of different lengths; those of a round its own."""
    number = first // 6
    return [
        Exercise(
            {"id": f"{number}-{task}"},
            [14, *[(number + task) % 4 + 15] * task, 2],
            [WORD, Special.END],
        )
        for task in range(6)
    ]


class Referee:
    """A `Judge`.

    Attributes:
      asked: places that were judged.
    """

    def __init__(self, fail_after: int | None = None):
        """Args:
        fail_after: verdicts; then the process is no more.
        """
        self.asked: list[int] = []
        self._left = fail_after

    def __call__(self, jobs):
        for place, (_, answer) in jobs:
            if self._left is not None and len(self.asked) >= self._left:
                raise KeyboardInterrupt
            self.asked.append(place)
            right = answer.tokens[0] == WORD
            kind = Kind.PASSED if right else Kind.WRONG_ANSWER
            said = "" if right else f"{answer.tokens[0]} is not the word"
            yield place, Verdict(kind.value, float(right), 0.0, 0.0, (), said, 0.5)


def ask_repair(exercise: Exercise, drawn: Drawn) -> Exercise:
    """What was said wrongly stands in the prompt; the row tells what it came of."""
    row = {
        "id": f"{exercise.row['id']}-{drawn.place}",
        "said": drawn.verdict.failure,
        "asked": tuple(exercise.prompt),
    }
    prompt = [*exercise.prompt[:-1], drawn.answer.tokens[0], Special.ANSWER]
    return Exercise(row, prompt, exercise.known)


def practice(
    name,
    workdir,
    judge,
    reference=None,
    answers=8,
    words=2,
    first=0,
    quantization=None,
    **changes,
) -> Practice:
    """Args:
    words: of an answer, at most.
    first: number of the first task.
    quantization: that training sees; none without.
    changes: of the rounds.
    """
    rounds = RoundConfig(
        tasks=6,
        answers=answers,
        passes=1,
        lessons=0,
        temperature=1.0,
        distinct=False,
        max_tokens=words,
        at_once=16,
        workers=0,
        mistakes=0,
    )
    rounds = dataclasses.replace(rounds, **changes)
    quantization = quantization or training().quantization
    config = PracticeConfig(name, rounds, REWARDS, quantization, SLOTS, LENGTH, seed=0)
    policy = Policy(MODEL, 1, VOCABULARY)
    return Practice(
        config, policy, exercises, first, judge, ask_repair, workdir, reference
    )


def loop_config(steps: int, save_every: int = 0):
    config = default.get_config().copy_and_resolve_references()
    config.train.steps = steps
    config.train.log_every = 1
    config.train.eval_every = 0
    config.train.save_every = save_every
    return experiment.loop_config(config)


@functools.cache
def state(name: str):
    """Before the first step."""
    return jax.jit(init_state, static_argnums=0)(train_config(name), jax.random.key(0))


def drain(stream, state):
    """The numbers of a round and all its batches."""
    numbers = stream.look(state)
    found = [next(stream)]
    while True:
        before = stream.get_state()
        if stream._taken == len(stream._batches):
            break
        assert stream.look(state) is None
        found.append(next(stream))
    return numbers, found, before


def assert_same(first, second):
    for one, other in zip(jax.tree.leaves(first), jax.tree.leaves(second), strict=True):
        np.testing.assert_array_equal(one, other)


def learned(found):
    """Prompt and answer of each example in batches."""
    for batch in found:
        for row in range(SLOTS):
            segments = batch.layout.segments[row]
            for number in range(1, segments.max() + 1):
                here = segments == number
                labels = batch.labels[row, here]
                prompt = batch.inputs[row, here & batch.layout.prompt[row]]
                yield tuple(prompt), tuple(labels[labels != IGNORE_LABEL])
