"""A model that is a plain function, and what it needs: real files, real tests."""

from configs import agent as configs
from hrm_jax.agent import session, suite
from hrm_jax.agent.model import AgentModel
from hrm_jax.agent.repository import Repository
from hrm_jax.agent.settings import Settings
from hrm_jax.search.candidate import Sample

WRONG = "def double(x):\n    return x + 2\n\n\ndef half(x):\n    return x * 2\n"
TESTS = """\
import unittest

from sums import double, half


class Tests(unittest.TestCase):
    def test_double(self):
        self.assertEqual(double(5), 10)

    def test_half(self):
        self.assertEqual(half(6), 3)
"""
FILES = {
    "sums.py": WRONG,
    "words.py": "def shout(text):\n    return text.upper()\n",
    "tests/test_sums.py": TESTS,
}
GOAL = "Mend double and half."
ABOUT = {"goal": GOAL, "model": "it", "repo": "", "test_command": ""}


def settings(**changes):
    return Settings.of(configs.get_config(), **changes)


def edit(path, search, replace):
    return (
        f"edit\n{path}\n```\n<<<<<<< SEARCH\n{search}\n=======\n{replace}\n"
        ">>>>>>> REPLACE\n```\n"
    )


def mender(prompt):
    """Mends what the failing test is about, with a detour or two on its way."""
    if "tests: all passed" in prompt:
        return "finish\n"
    if "edited sums.py" in prompt:
        return "test\n"
    if "sums.py:\n" not in prompt:
        if "found:" in prompt or "error:" in prompt:
            return "view sums.py\n"
        return "look around\n" if "double(5)" in prompt else "search half\n"
    if "double(5) returned" in prompt:
        return edit("sums.py", "    return x + 2", "    return x * 2")
    return edit(
        "sums.py", "def half(x):\n    return x * 2", "def half(x):\n    return x // 2"
    )


def model(answer=mender, context=2_000, log_prob=lambda text: 0.0):
    def write(asks):
        for place, ask in enumerate(asks):
            text = answer(ask.prompt)
            yield place, Sample(text, log_prob(text), 7, False)

    return AgentModel("scripted", write, lambda text: len(text.split(" ")), context)


def pursue(
    folder,
    sandbox,
    answer=mender,
    files=FILES,
    run_tests=None,
    memory=None,
    log_prob=lambda text: 0.0,
    **changes,
):
    """A session on `FILES`, begun or gone on with."""
    chosen = settings(**changes)
    found = session.begin(folder, ABOUT, lambda: Repository(files, {}), chosen)
    tests = suite.Suite("python3 -m unittest discover -s tests", ("python",))

    def run(files, seconds):
        return suite.run(tests, files, sandbox, chosen, seconds)

    made = model(answer, log_prob=log_prob)
    asked = folder, GOAL, found, made, run_tests or run, chosen
    return session.pursue(*asked, memory=memory)


def untimed(rows):
    """Rows of a journal without what a clock or a die tells."""
    left_out = "seconds", "output", "session"
    return [{n: v for n, v in row.items() if n not in left_out} for row in rows]
