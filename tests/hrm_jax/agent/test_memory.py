"""What sessions tell others of what they tried."""

import json
import pathlib
import subprocess
import sys

from hrm_jax.agent import journal, memory, session
from tests.hrm_jax.agent.scripted import pursue


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
