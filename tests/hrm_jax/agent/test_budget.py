"""What is under way when the seconds are used up."""

from eval.benchmarks.models import OutOfTime
from hrm_jax.agent import journal, session, transcript
from hrm_jax.agent.repository import Repository
from hrm_jax.agent.suite import Result
from tests.hrm_jax.agent import scripted
from tests.hrm_jax.agent.scripted import ABOUT, FILES, GOAL, pursue, untimed

USED_UP = "the budget of 60 seconds is used up"


def in_time(folder):
    return [
        row
        for row in journal.read(folder)
        if row["kind"] != "end" and not row.get("late")
    ]


def test_an_answer_that_is_late_is_asked_for_again_where_the_budget_has_grown(
    whole, tmp_path, from_kept
):
    """Until then it is no answer: nothing follows from it, nor from asking again."""
    folder, asked = tmp_path / "it", []

    def write(asks):
        ((place, ask),) = enumerate(asks)
        asked.append(ask.seconds)
        if len(asked) == 4:
            raise OutOfTime
        yield from scripted.model().write(asks)

    def run(seconds):
        chosen = scripted.settings(seconds=seconds)
        found = session.begin(folder, ABOUT, lambda: Repository(FILES, {}), chosen)
        model = scripted.model()._replace(write=write)
        return session.pursue(folder, GOAL, found, model, from_kept, chosen)

    outcome = run(60.0)
    assert (outcome.solved, outcome.why) == (False, USED_UP)
    assert 60 < outcome.budget.seconds < 61 and outcome.budget.malformed == 1
    assert all(0 < seconds <= 60 for seconds in asked)
    transcript.write(folder, GOAL, "scripted", outcome)
    assert run(60.0).row() == outcome.row() and len(asked) == 4
    for _ in range(2):
        assert run(1_000.0).solved
    assert untimed(in_time(folder)) == untimed(journal.read(whole[0])[:-1])


def test_tests_that_are_cut_by_the_budget_say_nothing(whole, tmp_path, from_kept):
    folder, asked = tmp_path / "it", []

    def run(files, seconds):
        asked.append(seconds)
        if len(asked) != 2:
            return from_kept(files, seconds)
        words = ("they ran into the limit of wall",)
        return Result(False, (), words, "", round(seconds, 4))

    outcome = pursue(folder, None, run_tests=run, seconds=60.0)
    assert (outcome.solved, outcome.why) == (False, USED_UP) and outcome.failed == 2
    transcript.write(folder, GOAL, "scripted", outcome)
    again = pursue(folder, None, run_tests=run, seconds=60.0)
    assert again.row() == outcome.row() and len(asked) == 2
    for _ in range(2):
        assert pursue(folder, None, run_tests=run, seconds=1_000.0).solved
    assert untimed(in_time(folder)) == untimed(journal.read(whole[0])[:-1])
    assert asked[1] < 60 < asked[2]
