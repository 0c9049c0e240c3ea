"""One process at a time has a file, and whoever cannot is told in a sentence."""

import errno
import fcntl
import multiprocessing

import pytest

from data_pipeline.schema import UserError
from eval import file_lock
from eval.benchmarks import ledger
from eval.file_lock import Busy
from hrm_jax.agent import memory
from hrm_jax.agent.crew import Crew
from hrm_jax.agent.memory import Attempt
from tests.hrm_jax.agent.quick import quick


def test_who_will_not_wait_is_told_in_the_words_given(tmp_path):
    path = tmp_path / "deep" / "lock"
    with file_lock.held(path, "first"):
        with pytest.raises(Busy, match="^The other one has it.$"):
            with file_lock.held(path, "The other one has it."):
                pytest.fail("two have it")
    with file_lock.held(path, "free again"):
        pass


def add_one(path):
    for _ in range(50):
        with file_lock.held(path.with_suffix(".lock")):
            path.write_text(str(int(path.read_text()) + 1))


def test_who_waits_has_it_in_the_end(tmp_path):
    path = tmp_path / "count"
    path.write_text("0")
    context = multiprocessing.get_context("spawn")
    adders = [context.Process(target=add_one, args=(path,)) for _ in range(3)]
    for one in adders:
        one.start()
    for one in adders:
        one.join()
    assert path.read_text() == "150"


def test_a_file_that_cannot_be_opened_is_named(tmp_path):
    for path in (tmp_path, tmp_path / "x" / "lock"):
        (tmp_path / "x").touch()
        with pytest.raises(UserError, match=f"^{path} cannot be written \\("):
            with file_lock.held(path):
                pytest.fail("it is there")


def attempt():
    return Attempt(1, "test_a", "", (), (), 1, 1, "over")


@pytest.mark.parametrize(
    "use",
    [
        lambda folder: ledger.opened(folder / "rows.jsonl").__enter__(),
        lambda folder: memory.keep(folder / "memory.jsonl", "a", attempt(), 9),
        lambda folder: Crew(folder, ["a"], quick, 1, 1.0, 1).run(),
    ],
    ids=["ledger", "memory", "crew"],
)
def test_a_file_system_without_locks_is_told(tmp_path, monkeypatch, use):
    def none(file, operation):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none)
    with pytest.raises(UserError, match="cannot be locked \\(No locks available\\): "):
        use(tmp_path)
