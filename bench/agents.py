"""How many agents at once are worth it:

    python bench/agents.py --tasks=64 --latency=0.05

Each task is a session that views, edits and tests, in the sandbox. Its model is a
function that takes `--latency` seconds for an answer, as a server would that has room
for all; so what is measured is our own: processes, leases, journals, sandboxes.

The overhead of N workers is 1 - T1 / (N TN), with TN the time in which N of them do all
tasks: the part of their time in which they do not what one alone would have done. It
counts the cores that there are not as overhead, too.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import pathlib
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

from commands.agent import tier
from configs import agent as configs
from hrm_jax.agent import job
from hrm_jax.agent.crew import Crew
from hrm_jax.agent.model import AgentModel
from hrm_jax.agent.settings import Settings
from hrm_jax.agent.tasks import Task
from hrm_jax.search.candidate import Ask, Sample

_FILES = {
    "sums.py": "def double(x):\n    return x + 2\n",
    "tests/test_sums.py": "import unittest\n\nfrom sums import double\n\n\n"
    "class Tests(unittest.TestCase):\n    def test_double(self):\n"
    "        self.assertEqual(double(5), 10)\n",
}
_EDIT = (
    "edit\nsums.py\n```\n<<<<<<< SEARCH\n    return x + 2\n=======\n"
    "    return x * 2\n>>>>>>> REPLACE\n```\n"
)


@dataclasses.dataclass(frozen=True)
class _Slow:
    """Makes a model that mends it, and takes its time."""

    latency: float

    def __call__(self) -> AgentModel:
        return AgentModel("scripted", self._write, len, 10_000)

    def _write(self, asks: Sequence[Ask]) -> Iterator[tuple[int, Sample]]:
        for place, ask in enumerate(asks):
            time.sleep(self.latency)
            if "edited" in ask.prompt:
                text = "test\n"
            else:
                text = _EDIT if "sums.py:\n" in ask.prompt else "view sums.py\n"
            yield place, Sample(text, 0.0, len(text), False)


def seconds(workers: int, count: int, latency: float) -> float:
    """In which so many workers do so many tasks, their start included."""
    settings = Settings.of(configs.get_config())
    tasks = {
        f"t{n}": Task(f"t{n}", "Mend.", None, _FILES, "", {}) for n in range(count)
    }
    opened = job.Opened(tasks, _Slow(latency), tier(), settings)
    with tempfile.TemporaryDirectory() as folder:
        crew = Crew(pathlib.Path(folder), list(tasks), opened, workers, 60.0, 20)
        began = time.monotonic()
        results = crew.run()
        took = time.monotonic() - began
    assert all(row["solved"] for row in results.values())
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=64)
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--workers", default="1,2,4,8,16,32")
    chosen = parser.parse_args()
    print(f"{chosen.tasks} tasks, {chosen.latency} s an answer, {os.cpu_count()} cores")
    print("| workers | tasks a second | overhead |\n| --- | --- | --- |")
    alone = None
    for workers in map(int, chosen.workers.split(",")):
        took = seconds(workers, chosen.tasks, chosen.latency)
        alone = alone or took * workers
        overhead = 1 - alone / (workers * took)
        print(f"| {workers} | {chosen.tasks / took:.2f} | {overhead:.0%} |", flush=True)


if __name__ == "__main__":
    main()
