"""Tasks and mistakes as a policy is asked about them."""

import pytest

from commands import exercises
from configs import text
from data_pipeline.text.special import Special
from data_pipeline.text.tokenizer import LEAST_VOCABULARY, Tokenizer
from eval.benchmarks.synthetic import verdict
from eval.benchmarks.synthetic.benchmark import Programs
from eval.benchmarks.synthetic.challenge import ProgramChallenge
from hrm_jax import saved_config
from hrm_jax.rl.rounds import Drawn
from hrm_jax.text.answers import Answer

TOKENIZER = Tokenizer.train([], LEAST_VOCABULARY)


def config(seq_len=2000):
    changed = text.get_config("tiny")
    changed.data.languages = ("python",)
    changed.data.seq_len = seq_len
    return changed


def answered(source):
    return Answer([*TOKENIZER.encode(source), Special.END], [])


def test_the_known_answer_passes(strongest):
    judge = exercises.judge_in(strongest, TOKENIZER, 1)
    found = exercises.exercises(config(), TOKENIZER, "train", 0, 4)
    jobs = [(place, (one, Answer(one.known, []))) for place, one in enumerate(found)]
    assert [verdict.passed for _, verdict in judge(iter(jobs))] == [True] * 4


@pytest.mark.parametrize("body", ["return 'nothing'", "return 1 // 0"])
def test_a_mistake_is_asked_about_as_in_a_search(body, tmp_path, strongest):
    (asked,) = exercises.exercises(config(), TOKENIZER, "train", 0, 1)
    head = next(line for line in asked.row["response"].splitlines() if "def " in line)
    source = f"{head}\n    {body}\n"
    answer = answered(source)
    ((_, found),) = exercises.judge_in(strongest, TOKENIZER, 1)([(0, (asked, answer))])
    assert not found.passed and " returned " in found.failure
    mend = exercises.mend_with(config(), TOKENIZER)
    mistake = mend(asked, Drawn(5, answer, found))
    benchmark = Programs([asked.row], tmp_path / "tasks")
    challenge = ProgramChallenge(benchmark, benchmark.problems[0])
    assert mistake.row["prompt"] == challenge.mending(source, found.failure)
    said = TOKENIZER.decode(mistake.prompt[1:-1]).decode()
    assert said == mistake.row["prompt"]
    assert (mistake.prompt[0], mistake.prompt[-1]) == (
        Special.of("python"),
        Special.ANSWER,
    )
    # The same tests and known answer; what is kept is held to the mistake.
    assert mistake.known == asked.known and mistake.row["calls"] == asked.row["calls"]
    assert verdict.given(mistake.row) == source
    right = verdict.judge(mistake.row, asked.row["response"], False, strongest)
    assert right.passed and 0 < right.kept < 1
    # A mistake in mending is one about the same statement.
    again = mend(mistake, Drawn(6, answer, found))
    assert again.row["prompt"] == mistake.row["prompt"]


@pytest.mark.parametrize(
    ("dataset", "trained", "first"),
    [
        ("programs", 150_000, 150_000),
        ("programs", 20_000, 100_000),
        ("corpus", 150_000, 100_000),
    ],
)
def test_practice_begins_behind_all_that_was_seen(dataset, trained, first, tmp_path):
    theirs = config().copy_and_resolve_references()
    theirs.data.dataset, theirs.data.num_train = dataset, trained
    saved_config.save(theirs, tmp_path)
    ours = config()
    assert ours.data.num_train == 100_000
    assert exercises.first_unseen(ours, tmp_path) == first


def test_a_mistake_without_room_is_not_asked_about():
    (asked,) = exercises.exercises(config(), TOKENIZER, "train", 0, 1)
    found = verdict.Verdict("wrong answer", 0.5, 0.0, 0.0, (), "f(1) returned 2", 0.0)
    drawn = Drawn(0, answered("x" * 100), found)
    enough = len(asked.prompt) + len(asked.known) + 30
    assert exercises.mend_with(config(enough), TOKENIZER)(asked, drawn) is None
