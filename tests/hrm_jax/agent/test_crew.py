"""Many workers, killed at random: every task ends exactly once."""

import collections
import dataclasses
import json
import multiprocessing
import os
import random
import resource
import signal
import threading

import pytest

from configs import agent as configs
from data_pipeline.schema import UserError
from eval.sandbox import tiers
from hrm_jax.agent import job, journal
from hrm_jax.agent.crew import Crew
from hrm_jax.agent.leases import Leases
from hrm_jax.agent.tasks import Task
from tests.hrm_jax.agent import scripted
from tests.hrm_jax.agent.quick import broken, odd, quick, served, shut, starved
from tests.hrm_jax.agent.scripted import FILES, GOAL, WRONG


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def leases(path, tasks=("a", "b"), clock=None, most=3):
    return Leases(path, list(tasks), 10.0, most, clock or Clock())


def test_a_task_has_one_worker_at_a_time(tmp_path):
    one, two = leases(tmp_path / "x"), leases(tmp_path / "x")
    first, second = one.take("one"), two.take("two")
    assert (first.task, second.task) == ("a", "b")
    assert one.take("one") is two.take("two") is None
    assert one.end(first, {"n": 1}) and two.end(second, {"n": 2})
    one.look()
    assert one.over and two.over and one.ended == {"a": {"n": 1}, "b": {"n": 2}}


def test_tasks_that_are_left_out_now_do_not_count(tmp_path):
    one = leases(tmp_path / "x")
    assert one.end(one.take("one"), {}) and one.end(one.take("one"), {})
    fewer, others = leases(tmp_path / "x", "a"), leases(tmp_path / "x", "cd")
    fewer.look()
    others.look()
    assert fewer.over and not others.over


def test_who_is_late_has_lost_the_task(tmp_path):
    clock = Clock()
    one, two = (leases(tmp_path / "x", "a", clock) for _ in range(2))
    lease = one.take("one")
    clock.now = 9
    assert two.take("two") is None and one.beat(lease)
    clock.now = 18
    assert two.take("two") is None
    clock.now = 20
    other = two.take("two")
    assert other.task == "a" and other.number > lease.number
    assert not one.beat(lease) and not one.end(lease, {"n": 1})
    assert two.end(other, {"n": 2}) and not two.end(other, {"n": 3})
    assert leases(tmp_path / "x", "a").take("three") is None
    one.look()
    assert one.ended == two.ended == {"a": {"n": 2}}


def test_the_dead_lose_theirs_at_once(tmp_path):
    clock = Clock()
    one = leases(tmp_path / "x", "a", clock)
    lease = one.take("dead")
    one.drop("alive")
    assert one.take("alive") is None
    one.drop("dead")
    again = one.take("alive")
    assert again.task == "a" and not one.end(lease, {})
    one.put_off(again)
    assert one.take("third") is None
    clock.now = 3
    assert one.take("third").task == "a"


def test_a_task_that_kills_its_workers_is_given_up(tmp_path):
    one = leases(tmp_path / "x", most=2)
    for _ in range(2):
        assert one.take("x").task == "a"
        one.drop("x")
    assert one.take("x").task == "b"
    assert "2 tries did not end it" in one.ended["a"]["lost"]


def killed(path, times, reached, most):
    """The file, after a whole crew was killed so often, an hour after it began."""
    clock = Clock()
    for _ in range(times):
        one = Leases(path, ["a"], 60.0, most, clock, reached)
        assert one.take("x").task == "a"
        clock.now += 3_600
    return Leases(path, ["a"], 60.0, most, clock, reached)


def test_a_task_that_goes_on_is_not_given_up(tmp_path):
    """However often it is stopped; but one that stays where it is has an end."""
    most = configs.get_config().leases
    rows = iter(range(1, 200))
    one = killed(tmp_path / "x", most + 5, lambda task: next(rows), most)
    assert one.take("x").task == "a"
    one = killed(tmp_path / "y", most, lambda task: 7, most)
    assert one.take("x") is None
    assert one.ended["a"] == {"lost": f"{most} tries did not end it"}


def test_one_that_was_given_up_goes_on_with_more_leases(tmp_path):
    one = killed(tmp_path / "x", 3, lambda task: 7, 3)
    assert one.take("x") is None and one.over
    more = Leases(tmp_path / "x", ["a"], 60.0, 4, lambda: 1e6)
    more.look()
    assert not more.over
    lease = more.take("x")
    assert more.end(lease, {"n": 1}) and more.ended == {"a": {"n": 1}}


def test_the_journal_of_its_session_says_how_far_a_task_has_come(tmp_path):
    crew = Crew(tmp_path / "crew", ["a"], quick, 1, 60.0, 1)
    folder = crew.folder / "tasks" / "a"
    folder.mkdir(parents=True)
    for _ in range(3):
        with (folder / journal.JOURNAL).open("a") as file:
            file.write("{}\n")
        one = crew.open_leases()
        assert one.take("x").task == "a"
        one.drop("x")
    assert crew.run()["a"] == {"lost": "1 tries did not end it"}


def test_what_ended_the_workers_is_kept(tmp_path):
    one = leases(tmp_path / "x", "a", most=2)
    one.fail(one.take("one"), "KeyError: 'b'")
    late = one.take("two")
    one.drop("two")
    two = leases(tmp_path / "x", "a", most=2)
    assert two.take("three") is None
    assert two.ended["a"]["lost"].endswith("could say why met KeyError: 'b'")
    one.fail(late, "OSError")
    assert one.ended == two.ended


def test_a_lease_that_is_given_back_does_not_count(tmp_path):
    """By its worker, and by who knows that it was ended from outside."""
    one = leases(tmp_path / "x", "a", most=1)
    for _ in range(3):
        one.give_back(one.take("one"))
        one.drop("one", counts=False)
        assert one.take("two").task == "a"
        one.drop("two", counts=False)
    assert leases(tmp_path / "x", "a", most=1).take("one").task == "a"
    one.drop("one")
    assert one.take("two") is None and "lost" in one.ended["a"]


def test_to_wait_for_another_one_is_no_try(tmp_path):
    """But a failure is one, and its words are kept."""
    clock = Clock()
    one = leases(tmp_path / "x", "a", clock, most=2)
    for _ in range(5):
        one.put_off(one.take("one"))
        one.drop("one")
        assert one.take("two") is None
        clock.now += 3
    for _ in range(2):
        one.put_off(one.take("one"), "SandboxError: gone")
        assert one.take("two") is None
        clock.now += 3
    assert one.take("one") is None
    assert one.ended["a"]["lost"].endswith(
        "2 tries did not end it; the last that could say why met SandboxError: gone"
    )


def test_a_disk_that_is_full_is_told(tmp_path):
    """And what was written of a line is cut off."""
    one = leases(tmp_path / "x", "ab")
    one.take("one")
    size = (tmp_path / "x").stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 5, before[1]))
    try:
        with pytest.raises(UserError, match="cannot be written \\(File too large"):
            one.take("two")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert one.take("two").task == "b"
    other = leases(tmp_path / "x", "ab")
    assert other.take("three") is None


def test_a_line_that_was_cut_does_not_count(tmp_path):
    path = tmp_path / "x"
    one = leases(path, "a")
    lease = one.take("one")
    with path.open("ab") as file:
        file.write(b'{"end": "a", "res')
    two = leases(path, "a")
    assert two.take("two") is None and not two.ended
    assert one.end(lease, {}) and two.take("two") is None and two.over
    path.write_bytes(b"{}\n")
    with pytest.raises(UserError, match="is damaged"):
        leases(path, "a").look()


@dataclasses.dataclass
class Killer:
    """Ends workers with SIGKILL, one now and then, until it is closed."""

    pause: float
    rng: random.Random = dataclasses.field(default_factory=lambda: random.Random(0))
    workers: list = dataclasses.field(default_factory=list)
    killed: int = 0

    def __enter__(self):
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._kill)
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._over.set()
        self._thread.join()

    def _kill(self):
        while not self._over.wait(self.pause):
            alive = [process for process in self.workers if process.is_alive()]
            if alive:
                os.kill(self.rng.choice(alive).pid, signal.SIGKILL)
                self.killed += 1


def ends(folder):
    """How often each task ended, by the file of leases."""
    lines = (folder / "leases.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    return collections.Counter(row["end"] for row in rows if "end" in row)


def test_killed_workers_leave_no_task_undone_and_none_done_twice(tmp_path):
    ids = [f"task-{n}" for n in range(60)]
    crew = Crew(tmp_path / "crew", ids, quick, 4, 4.0, 50)
    counts = []
    with Killer(0.3) as killer:
        told = lambda done, total: counts.append((done, total))  # noqa: E731
        results = crew.run(told, killer.workers.append)
    assert killer.killed >= 1
    assert list(results) == ids and counts[-1] == (60, 60)
    assert ends(crew.folder) == dict.fromkeys(ids, 1)
    for id, result in results.items():
        wrong = {"mistake": "It cannot be."}
        assert result == (wrong if id.endswith("7") else {"id": id})
    assert crew.run() == results  # all is there


def test_a_shorter_list_ends_though_more_had_ended(tmp_path):
    Crew(tmp_path / "crew", ["b", "c"], quick, 2, 30.0, 1).run()
    told = []
    fewer = Crew(tmp_path / "crew", ["a", "b"], quick, 2, 30.0, 1)
    found = fewer.run(lambda done, of: told.append((done, of)))
    assert found == {"a": {"id": "a"}, "b": {"id": "b"}}
    assert told[0] == (1, 2) and told[-1] == (2, 2)


def test_a_task_that_fails_without_a_name_says_by_what(tmp_path):
    crew = Crew(tmp_path / "crew", ["good", "odd", "unboxed"], odd, 1, 1.0, 2)
    results = crew.run()
    assert results["good"] == {"id": "good"}
    told = "2 tries did not end it; the last that could say why met "
    assert results["odd"] == {"lost": f"{told}ZeroDivisionError: no share of nothing"}
    lost = results["unboxed"]["lost"]
    assert lost == f"{told}eval.sandbox.sandbox.SandboxError: It was lost."


def test_a_worker_that_cannot_give_signs_ends(tmp_path):
    with pytest.raises(UserError, match="leases.jsonl cannot be written .Too many op"):
        Crew(tmp_path / "crew", ["a"], shut, 1, 1.0, 9).run()
    assert not ends(tmp_path / "crew")


def test_a_server_that_is_away_ends_no_task(tmp_path):
    """However often it is: the crew stops, is told why once, and goes on later."""
    crew = Crew(tmp_path / "crew", ["a", "b", "c"], served, 2, 30.0, 1)
    for _ in range(2):
        with pytest.raises(UserError, match="^The server gave no answer.$"):
            crew.run()
        assert not multiprocessing.active_children() and not ends(crew.folder)
    (crew.folder / "tasks" / "up").touch()
    assert crew.run() == {id: {"id": id} for id in crew.tasks}


def test_workers_that_cannot_begin_end_it(tmp_path):
    with pytest.raises(UserError, match="exit code 9"):
        Crew(tmp_path / "crew", ["a"], broken, 1, 30.0, 50).run()
    with pytest.raises(UserError, match="signal 9.*memory.*fewer --workers"):
        Crew(tmp_path / "crew", ["a"], starved, 1, 30.0, 50).run()
    # And nobody stays behind.
    assert not multiprocessing.active_children()


def crew_of(folder, count, workers, leases):
    """Sessions that mend one function each."""
    files = {**FILES, "sums.py": WRONG.replace("x * 2", "x // 2")}
    tasks = {f"t{n}": Task(f"t{n}", GOAL, None, files, "", {}) for n in range(count)}
    tier = tiers.Tier.NAMESPACES
    if tiers.probe()[tier]:
        tier = tiers.Tier.LANDLOCK
    opened = job.Opened(tasks, scripted.model, tier, scripted.settings())
    return Crew(folder, list(tasks), opened, workers, 60.0, leases)


def test_sessions_of_a_crew_are_those_of_one(tmp_path, strongest):
    crew = crew_of(tmp_path / "crew", 2, 2, 5)
    results = crew.run()
    assert [row["solved"] for row in results.values()] == [True, True]
    assert {row["runs"] for row in results.values()} == {2}
    for id in results:
        assert (crew.folder / "tasks" / id / "transcript.html").is_file()


def test_a_session_that_cannot_be_read_ends_its_task_alone(tmp_path, strongest):
    crew = crew_of(tmp_path / "crew", 5, 1, 5)
    kept = {
        "t0": ("session.json", "{}", "is damaged, or no session's"),
        "t1": ("session.json", '{"goal": "Another."}', "holds another session"),
        "t2": ("journal.jsonl", "{\n", "journal.jsonl:1 is damaged"),
        "t3": ("journal.jsonl", '{"kind": "tests"}\n', "by another version"),
    }
    for task, (name, text, _) in kept.items():
        crew.folder_of(task).mkdir(parents=True)
        (crew.folder_of(task) / journal.JOURNAL).write_text('{"kind": "memory"}\n')
        (crew.folder_of(task) / name).write_text(text)
    results = crew.run()
    assert results["t4"]["solved"]
    for task, (_, _, told) in kept.items():
        assert told in results[task]["mistake"]
    assert crew.run() == results


@pytest.mark.slow
def test_a_thousand_tasks_by_sixteen_workers_that_are_killed(tmp_path, strongest):
    crew = crew_of(tmp_path / "crew", 1_000, 16, 100)
    with Killer(1.0) as killer:
        results = crew.run(started=killer.workers.append)
    print(f"{killer.killed} of {len(killer.workers)} workers were killed.")
    assert killer.killed > 20
    assert ends(crew.folder) == {f"t{n}": 1 for n in range(1_000)}
    assert len(results) == 1_000
    assert all(row["solved"] and row["attempts"] == 1 for row in results.values())
