"""Many runs at once: nothing lost, nothing mixed up, nothing left behind."""

import functools
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import pytest

from data_pipeline.schema import UserError
from eval.sandbox import descendants, pool, tiers
from eval.sandbox.program import Command
from eval.sandbox.sandbox import Cancelled, SandboxError
from tests.eval.sandbox.conftest import HOLDING
from tests.eval.sandbox.programs import program

REPOSITORY = pathlib.Path(__file__).parents[3]
# Their seconds are the names by which these tests know their processes.
WAITED, LOST, LEFT = (f"{seconds}.{os.getpid()}" for seconds in (61, 62, 63))
SLEEP = Command(("/bin/sleep", WAITED))


def echo(number: int) -> Command:
    return Command(("/bin/sh", "-c", f"echo {number}; exit {number % 7}"))


def check(sandbox, jobs, work, workers):
    """All results are there, once, under their keys."""
    found = {}
    for one in pool.finished(sandbox, jobs, work, workers):
        assert one.key not in found and one.error is None
        found[one.key] = one.result
    return found


def test_a_hundred_runs_keep_their_keys(sandbox):
    jobs = [(f"job {number}", number) for number in range(100)]
    found = check(sandbox, jobs, lambda n: sandbox.execute(echo(n)), 4)
    assert len(found) == 100
    for key, number in jobs:
        assert found[key].stdout == f"{number}\n".encode()
        assert found[key].exit_code == number % 7


@pytest.mark.slow
def test_a_thousand_programs_leave_no_process(cache):
    for tier in HOLDING:
        if tiers.probe()[tier]:
            continue
        one = program("python", "print(int(input()) ** 2)")
        before = set(descendants.all_of(os.getpid()))
        with tiers.open_sandbox(only=tier, cache=cache) as sandbox:
            jobs = ((number, f"{number}".encode()) for number in range(1000))
            work = functools.partial(sandbox.run, one)
            found = check(sandbox, jobs, work, 4)
        assert found.keys() == set(range(1000))
        assert all(int(found[n].stdout) == n**2 for n in found)
        assert set(descendants.all_of(os.getpid())) == before


def test_results_come_as_they_end(strongest):
    jobs = [("slow", "2"), ("quick", "0")]
    work = pool.finished(
        strongest, jobs, lambda s: strongest.execute(Command(("/bin/sleep", s))), 2
    )
    assert [one.key for one in work] == ["quick", "slow"]


def test_jobs_are_taken_as_they_are_needed(strongest):
    taken = []

    def jobs():
        for number in range(1000):
            taken.append(number)
            yield number, number

    work = pool.finished(strongest, jobs(), lambda n: n, 2)
    assert next(work).result is not None
    assert len(taken) < 10
    work.close()


def test_one_that_fails_harms_no_other(strongest, processes):
    """Neither a job that cannot start, nor a warden that is killed under another."""

    def work(number):
        if number == 3:
            raise UserError("This one cannot run.")
        if number == 5:
            return lose(strongest, processes)
        return strongest.execute(echo(number))

    done = pool.finished(strongest, ((n, n) for n in range(20)), work, 2)
    results = {one.key: one for one in done}
    assert len(results) == 20
    assert isinstance(results.pop(3).error, UserError)
    assert isinstance(results.pop(5).error, SandboxError)
    assert all(one.result.stdout == f"{n}\n".encode() for n, one in results.items())


def lose(sandbox, processes):
    """Runs a program whose warden is killed meanwhile."""
    marker = Command(("/bin/sleep", LOST))

    def kill():
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            for warden in descendants.children(os.getpid()):
                if set(descendants.all_of(warden)) & set(processes(LOST)):
                    if os.geteuid() != 0:  # bubblewrap is soon ready for this
                        time.sleep(0.5)
                    os.kill(warden, signal.SIGKILL)
                    return

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        return sandbox.execute(marker)
    finally:
        killer.join()
        deadline = time.monotonic() + 10
        while processes(LOST) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not processes(LOST)


def test_mistake_in_the_work_ends_the_pool(strongest, processes):
    def work(number):
        return strongest.execute(SLEEP) if number else 1 / number

    with pytest.raises(ZeroDivisionError):
        list(pool.finished(strongest, [(1, 1), (0, 0), (2, 2)], work, 2))
    assert not processes(WAITED)


def test_leaving_early_ends_what_runs(strongest, processes):
    jobs = [("quick", Command(("/bin/true",))), ("a", SLEEP), ("b", SLEEP)]
    began = time.monotonic()
    work = pool.finished(strongest, jobs, strongest.execute, 2)
    assert next(work).key == "quick"
    work.close()
    assert time.monotonic() - began < 20 and not processes(WAITED)
    assert strongest.execute(echo(8)).stdout == b"8\n"


def test_closing_tells_who_waits(cache):
    if all(tiers.probe()[tier] for tier in HOLDING):
        pytest.skip("No tier of this machine holds a program.")
    with tiers.open_sandbox(cache=cache) as sandbox:
        threading.Timer(0.5, sandbox.close).start()
        with pytest.raises(Cancelled):
            sandbox.execute(SLEEP)
    with pytest.raises(Cancelled):
        sandbox.execute(SLEEP)


HARNESS = """
import sys
sys.path.insert(0, sys.argv[1])
from eval.sandbox import pool, tiers
from eval.sandbox.program import Command

with tiers.open_sandbox() as sandbox:
    print(sandbox._scratch, flush=True)
    jobs = [(0, Command(("/bin/true",)))]
    jobs += [(n, Command(("/bin/sleep", sys.argv[2]))) for n in range(1, 9)]
    for one in pool.finished(sandbox, jobs, sandbox.execute, 3):
        print(one.key, flush=True)
"""


def test_no_folder_outlives_a_harness_that_ran_nothing(strongest):
    head = HARNESS[: HARNESS.index("    jobs")]
    with subprocess.Popen(
        [sys.executable, "-c", f"{head}    sys.stdin.read()", str(REPOSITORY)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as harness:
        assert harness.stdout is not None
        scratch = pathlib.Path(os.fsdecode(harness.stdout.readline().strip()))
        assert scratch.is_dir()
        harness.kill()
    deadline = time.monotonic() + 10
    while scratch.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not scratch.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
def test_nothing_outlives_the_harness(strongest, processes, number):
    with subprocess.Popen(
        [sys.executable, "-c", HARNESS, str(REPOSITORY), LEFT],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as harness:
        assert harness.stdout is not None
        scratch = pathlib.Path(os.fsdecode(harness.stdout.readline().strip()))
        assert scratch.is_dir() and harness.stdout.readline() == b"0\n"
        deadline = time.monotonic() + 10
        while len(processes(LEFT)) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(processes(LEFT)) >= 2  # itself, and what it runs
        os.killpg(harness.pid, number)
        harness.wait(20)
    deadline = time.monotonic() + 10
    while (processes(LEFT) or scratch.exists()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not processes(LEFT) and not scratch.exists()
