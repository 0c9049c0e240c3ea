"""The strongest sandbox of this machine, and what came of a session in it."""

import pytest

from hrm_jax.agent import journal, session
from tests.eval.sandbox.conftest import cache, strongest  # noqa: F401
from tests.hrm_jax.agent.scripted import pursue


@pytest.fixture(scope="module")
def whole(tmp_path_factory, strongest):  # noqa: F811
    """A session that nobody disturbed, and its outcome."""
    folder = tmp_path_factory.mktemp("session") / "it"
    return folder, pursue(folder, strongest)


@pytest.fixture(scope="module")
def kept_tests(whole):
    """Answers as the tests of that session did, from its journal, by their order."""
    rows = [row for row in journal.read(whole[0]) if row["kind"] == "tests"]
    fields = session.Result._fields
    return [session.Result.of_row({f: row[f] for f in fields}) for row in rows]


@pytest.fixture
def from_kept(kept_tests):
    """Tests that say what they said: each result is known by how many were asked."""

    def run(files, seconds):
        wrong = files["sums.py"].decode()
        if "x + 2" in wrong:
            return kept_tests[0]
        return kept_tests[2 if "x // 2" in wrong else 1]

    return run
