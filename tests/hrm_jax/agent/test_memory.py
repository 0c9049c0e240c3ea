"""What was tried: which of it is kept, and what sessions tell others of it."""

import json
import pathlib
import subprocess
import sys

import pytest

from data_pipeline.schema import UserError
from hrm_jax.agent import journal, memory, repository, session
from hrm_jax.agent.memory import Attempt, Memory
from tests.hrm_jax.agent.scripted import pursue


def attempt(number, paths=("a.py",), before=2, after=2, test="t"):
    return Attempt(number, test, "w", tuple(paths), ("-a",), before, after, "x")


def test_memory_forgets_what_tells_least(tmp_path):
    store = Memory(3)
    for one in (
        *(attempt(1), attempt(2, ()), attempt(3, after=1)),
        *(attempt(4), attempt(5, after=0)),
    ):
        store.add(one)
    assert [one.number for one in store] == [3, 4, 5]
    store.add(attempt(6, after=1))
    assert [one.number for one in store] == [3, 5, 6]
    store.add(attempt(7, after=1))
    assert [one.number for one in store] == [5, 6, 7]
    store.save(tmp_path / "memory.jsonl")
    assert memory.load(tmp_path / "memory.jsonl") == list(store)
    assert memory.load(tmp_path / "none") == []
    (tmp_path / "memory.jsonl").write_text('{"number": 1}\n')
    with pytest.raises(UserError, match="no memory of attempts, or damaged"):
        memory.load(tmp_path / "memory.jsonl")


def test_memory_counts_tries():
    store = Memory(
        9, [attempt(1), attempt(2, ("b.py",), after=1), attempt(3, test="u")]
    )
    assert (store.tries("t"), store.tries("u"), store.tries("v")) == (2, 1, 0)
    assert store.failed_on("t", "a.py") == 1 and store.failed_on("t", "b.py") == 0


def test_a_session_begins_with_what_another_one_tried(tmp_path, from_kept):
    """And leaves for the next what it tried itself."""
    kept = tmp_path / "memory.jsonl"
    asked = []

    def forgetful(prompt):
        asked.append(prompt)
        return "finish\n"

    first = {"memory": kept, "attempts": 2, "memory_share": 0.5}
    pursue(tmp_path / "one", None, forgetful, run_tests=from_kept, **first)
    tried = list(memory.load(kept))
    assert tried == memory.load(tmp_path / "one" / session.MEMORY)
    assert len(tried) == 2
    assert "tried" not in asked[0]
    asked.clear()
    pursue(tmp_path / "two", None, forgetful, run_tests=from_kept, **first)
    assert "tried nothing: 2 failed, then 2" in asked[0]
    both = memory.load(kept)
    assert both[:2] == tried and len(both) == 4
    # Who comes again, or goes on, takes nothing from the others.
    pursue(tmp_path / "one", None, forgetful, run_tests=from_kept, **first)
    assert memory.load(kept) == both
    first["attempts"] = 3
    pursue(tmp_path / "one", None, forgetful, run_tests=from_kept, **first)
    assert memory.load(kept)[:4] == both and len(memory.load(kept)) == 5


def test_killed_before_it_told_others_it_tells_them_once(tmp_path, from_kept):
    """What they have is changed after the journal: between, or right after it."""
    folder, kept = tmp_path / "it", tmp_path / "memory.jsonl"
    pursue(folder, None, run_tests=from_kept, memory=kept)
    told = kept.read_text().splitlines(keepends=True)
    lines = (folder / journal.JOURNAL).read_text().splitlines(keepends=True)
    ends = [n for n, line in enumerate(lines) if json.loads(line)["kind"] == "attempt"]
    assert len(told) == len(ends) == 2
    for number, end in enumerate(ends):
        for count in number, number + 1:
            kept.write_text("".join(told[:count]))
            (folder / journal.JOURNAL).write_text("".join(lines[: end + 1]))
            pursue(folder, None, run_tests=from_kept, memory=kept)
            assert kept.read_text() == "".join(told)
    # Files of earlier versions name no session.
    rows = [json.loads(line) for line in told]
    assert len({row.pop("session") for row in rows}) == 1
    kept.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert memory.load(kept) == memory.load(folder / session.MEMORY)


def test_lines_that_look_like_a_patch_s_heads_are_kept():
    before = {"a.c": "--i;\n", "b.c": "x = 1;\n", "c.c": "@@\fy\n"}
    after = {"a.c": "++i;\n", "b.c": "x = 2;\n", "c.c": "@@\fz\n"}
    assert memory.change(repository.patch(before, after)) == (
        *("---i;", "+++i;"),
        *("-x = 1;", "+x = 2;"),
        *("-@@\fy", "+@@\fz"),
    )


_KEEPING = """
import pathlib, sys
from hrm_jax.agent import memory
from hrm_jax.agent.memory import Attempt
for number in range(100):
    attempt = Attempt(number, "t", "w", (), (), 1, 1, "e")
    memory.keep(pathlib.Path(sys.argv[1]), sys.argv[2], attempt, 1_000)
"""


def test_sessions_that_tell_others_at_once_lose_nothing(tmp_path):
    path, root = tmp_path / "sub" / "memory.jsonl", pathlib.Path(__file__).parents[3]
    command = [sys.executable, "-c", _KEEPING, str(path)]
    working = [subprocess.Popen([*command, name], cwd=root) for name in "abc"]
    assert [process.wait() for process in working] == [0, 0, 0]
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    found = {(row["session"], row["number"]) for row in rows}
    assert len(rows) == len(found) == 300
