"""Tasks and mistakes as a policy is asked about them."""

import json

import pytest

from commands import exercises
from configs import text
from data_pipeline.schema import UserError
from data_pipeline.text.special import Special
from data_pipeline.text.tokenizer import LEAST_VOCABULARY, Tokenizer
from eval.benchmarks.synthetic import verdict
from eval.benchmarks.synthetic.benchmark import Programs
from eval.benchmarks.synthetic.challenge import ProgramChallenge
from hrm_jax import saved_config
from hrm_jax.rl import journal
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
    ask_repair = exercises.repair_asker(config(), TOKENIZER)
    mistake = ask_repair(asked, Drawn(5, answer, found))
    benchmark = Programs([asked.row], tmp_path / "tasks")
    challenge = ProgramChallenge(benchmark, benchmark.problems[0])
    assert mistake.row["prompt"] == challenge.repair_prompt(source, found.failure)
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
    # A mistake in a repair is one about the same statement.
    again = ask_repair(mistake, Drawn(6, answer, found))
    assert again.row["prompt"] == mistake.row["prompt"]


@pytest.mark.parametrize("dataset, first", [("programs", 150_000), ("corpus", 0)])
def test_practice_begins_behind_all_that_was_seen(dataset, first, tmp_path):
    theirs = config().copy_and_resolve_references()
    theirs.data.dataset, theirs.data.num_train = dataset, 150_000
    saved_config.save(theirs, tmp_path)
    assert exercises.first_unseen(tmp_path) == first


def test_and_behind_all_that_was_practised(tmp_path):
    """But not behind the tasks of a round that was killed before it began."""
    theirs = config().copy_and_resolve_references()
    theirs.data.num_train, theirs.data.seed = 7, -1
    saved_config.save(theirs, tmp_path)
    rounds = tmp_path / journal.FOLDER
    rounds.mkdir()
    for number in (0, 1):
        asked = exercises.exercises(theirs, TOKENIZER, "train", 7 + 5 * number, 5)
        head = {"weights": "", "tasks": [one.row["id"] for one in asked]}
        line = json.dumps(head) + "\n" + '{"timing"'
        journal.path_of(tmp_path, number).write_text(line)
    journal.path_of(tmp_path, 2).write_text('{"weights')
    journal.path_of(tmp_path, 1, "-mistakes").write_text("")
    assert exercises.first_unseen(tmp_path) == 17
    after = config().copy_and_resolve_references()
    after.data.num_train = 9
    after.train.start_from = str(tmp_path)
    saved_config.save(after, tmp_path / "after")
    assert exercises.first_unseen(tmp_path / "after") == 17
    journal.path_of(tmp_path, 0).write_text("[]\n")
    with pytest.raises(UserError, match="000000.jsonl does not begin with the tasks"):
        exercises.first_unseen(tmp_path)


def test_a_mistake_without_room_is_not_asked_about():
    (asked,) = exercises.exercises(config(), TOKENIZER, "train", 0, 1)
    found = verdict.Verdict("wrong answer", 0.5, 0.0, 0.0, (), "f(1) returned 2", 0.0)
    drawn = Drawn(0, answered("x" * 100), found)
    enough = len(asked.prompt) + len(asked.known) + 30
    assert exercises.repair_asker(config(enough), TOKENIZER)(asked, drawn) is None


def test_a_start_that_cannot_be_read_is_told(tmp_path):
    """What it has learned from would be taken for unseen."""
    after = config().copy_and_resolve_references()
    after.train.start_from = str(tmp_path / "before")
    saved_config.save(after, tmp_path / "after")
    (tmp_path / "before").mkdir()
    (tmp_path / "before" / saved_config.CONFIG_FILE).write_text("{")
    with pytest.raises(UserError, match=r"before/config\.json is damaged"):
        exercises.first_unseen(tmp_path / "after")
