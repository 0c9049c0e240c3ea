"""Rounds of answers that all differ."""

import contextlib
import json

from hrm_jax.rl.objectives import EXPERT
from tests.hrm_jax.rl import bandit
from tests.hrm_jax.rl.bandit import Referee


def test_distinct_answers_to_a_task_all_differ(tmp_path):
    """Of 20 words; what comes first is what would have come first anyway. A round that
    was interrupted is drawn again the same."""
    state, by_name = bandit.state("grpo"), {}
    for name, distinct in ("free", False), ("distinct", True):
        for fail_after in (9, None):
            stream = bandit.practice(
                EXPERT, tmp_path / name, Referee(fail_after), words=1, distinct=distinct
            )
            with contextlib.suppress(KeyboardInterrupt):
                stream.look(state)
        stream = bandit.practice(
            EXPERT, tmp_path / f"{name}-whole", Referee(), words=1, distinct=distinct
        )
        stream.look(state)
        rows, of_whole = (
            [json.loads(line) for line in path.read_text().splitlines()]
            for folder in (name, f"{name}-whole")
            for path in (tmp_path / folder / "rounds").glob("000000.jsonl")
        )
        killed, whole = (
            {row["place"]: row["tokens"][0] for row in some if "place" in row}
            for some in (rows, of_whole)
        )
        assert killed == whole
        timing = rows[-1]["timing"]
        for field in ("runs", "executing", "tokens"):
            assert timing[field] == of_whole[-1]["timing"][field]
        assert 0.5 * timing["runs"] == timing["executing"] > 0
        by_name[name] = whole
    assert sorted(by_name["distinct"]) == list(range(48))
    for task in range(6):
        free, said = (
            [by_name[name][place] for place in range(task * 8, task * 8 + 8)]
            for name in ("free", "distinct")
        )
        assert len(set(said)) == 8 and said[0] == free[0]
    assert len(set(free)) < 8
