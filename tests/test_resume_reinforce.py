"""Reinforcement that is killed in the middle of a round, by a real SIGKILL, goes on as
if it had never been, bit for bit: answers, verdicts and weights."""

import json
import signal
import time

import pytest

from tests import runs
from tests.commands.conftest import save_untrained_text
from tests.commands.test_reinforce import LIKE_ANSWERS, words

STEPS = 4
SMALL = LIKE_ANSWERS | {"train.steps": STEPS, "train.eval_every": 0}


def start(begin, workdir):
    return runs.start(*words(begin, workdir, "similarity", **SMALL))


@pytest.fixture(scope="module")
def begin(tmp_path_factory):
    """A random model, which is rewarded by likeness."""
    folder = tmp_path_factory.mktemp("begin") / "run"
    save_untrained_text(folder)
    return folder


@pytest.fixture(scope="module")
def whole(begin):
    """A run that nothing disturbed."""
    workdir = begin.with_name("whole")
    runs.succeed(start(begin, workdir))
    return workdir


def journals(workdir):
    """What rounds hold by their names, in any order, without the time that it took."""
    found = {}
    for path in (workdir / "rounds").glob("*.jsonl"):
        rows = map(json.loads, path.read_text().splitlines())
        kept = ({**row, "seconds": None, "timing": None} for row in rows)
        found[path.name] = sorted(json.dumps(row, sort_keys=True) for row in kept)
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("number", "lines"), [(0, 2), (1, 5), (2, 20)])
def test_a_kill_within_a_round_changes_nothing(number, lines, begin, whole, tmp_path):
    """While answers are drawn and executed."""
    workdir = tmp_path / "run"
    process = start(begin, workdir)
    path = workdir / "rounds" / f"{number:06}.jsonl"
    while not path.exists() or path.read_bytes().count(b"\n") < lines:
        assert process.poll() is None, runs.finish(process)
        time.sleep(0.002)
    process.kill()
    assert (runs.finish(process), process.returncode)[1] == -signal.SIGKILL
    assert path.read_bytes().count(b"\n") < 26, "the round was over"
    runs.succeed(start(begin, workdir))
    runs.assert_same_state(workdir, whole, STEPS)
    assert journals(workdir) == journals(whole)
