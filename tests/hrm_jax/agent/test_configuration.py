"""What decides which tests there are is not an agent's to change."""

import time

import pytest

from data_pipeline.programs.actions import Action
from hrm_jax.agent import configuration
from hrm_jax.agent.environment import Environment

_TOML = '[project]\nname = "a"\n\n[tool.pytest.ini_options]\naddopts = "-q"\n'
_SETUP = "[metadata]\nname = a\n\n[tool:pytest]\naddopts =\n    -q\n"
_PACKAGE = (
    '{\n"name": "a",\n"scripts": {\n"build": "tsc",\n"test": "jest"},\n'
    '"jest": {\n"bail": 1}}\n'
)
_MAKEFILE = (
    "FLAGS =\n\ntest: all \\\n  more\n\t./test.sh\n\n"
    "\t./more.sh\n# and\n\n\t./last.sh\n\n# Compiles.\nall:\n\tcc a.c\n"
)
_SEVERAL = (
    ".PHONY: test\nFLAGS = the test of: a\n\ncontest: all\n\t./none.sh\n\n"
    "tests test check: all\n\n\t./test.sh\n"
)


@pytest.mark.parametrize(
    "path, before, search, replace, barred",
    [
        ("pytest.ini", "[pytest]\n", "[pytest]", "[pytest]\naddopts = -k x", True),
        ("part/tox.ini", "[pytest]\n", "[pytest]", "[pytest]\naddopts = -k x", True),
        ("jest.config.mjs", "x\n", "x", "y", True),
        ("vitest.config.ts", "x\n", "x", "y", True),
        ("webpack.config.js", "x\n", "x", "y", False),
        ("pyproject.toml", _TOML, 'addopts = "-q"', 'addopts = "-k x"', True),
        ("pyproject.toml", _TOML, 'addopts = "-q"', "", True),
        ("pyproject.toml", _TOML, 'name = "a"', 'name = "b"', False),
        ("pyproject.toml", _TOML, 'name = "a"', "name = b", True),
        ("pyproject.toml", '[a]\nb = "\n', 'b = "', "[tool.pytest]", False),
        ("pyproject.toml", "[a]\n", "[a]", "[tool.pytest]\nx = 1", True),
        ("pyproject.toml", "tool = 1\n", "tool = 1", "tool = 2", False),
        ("setup.cfg", _SETUP, "    -q", "    -k x", True),
        ("setup.cfg", _SETUP, "name = a", "name = %(b)s", False),
        ("package.json", _PACKAGE, '"test": "jest"},', '"test": "true"},', True),
        ("package.json", _PACKAGE, '"bail": 1}}', '"bail": 2}}', True),
        ("package.json", _PACKAGE, '"build": "tsc",', '"build": "swc",', False),
        ("package.json", '{"scripts": 3}\n', '{"scripts": 3}', "{}", False),
        ("Makefile", _MAKEFILE, "\t./test.sh", "\ttrue", True),
        ("Makefile", _MAKEFILE, "  more", "  less", True),
        ("Makefile", _MAKEFILE, "\tcc a.c", "\tcc a.c -lm", False),
        ("Makefile", _MAKEFILE, "# Compiles.", "# Links.", False),
        ("Makefile", _MAKEFILE, "\t./more.sh", "\ttrue", True),
        ("Makefile", _MAKEFILE, "\t./last.sh", "\ttrue", True),
        ("Makefile", _SEVERAL, "\t./test.sh", "\ttrue", True),
        ("Makefile", _SEVERAL, "\t./none.sh", "\ttrue", False),
        ("Makefile", _SEVERAL, "contest: all", "contest:", False),
        ("Makefile", _SEVERAL, ".PHONY: test", ".PHONY: tests test", False),
        ("Makefile", _SEVERAL, "FLAGS = the test of: a", "FLAGS =", False),
    ],
)
def test_what_a_file_says_of_tests_stays(path, before, search, replace, barred):
    """And all else of it may change, as well as this where the goal is about it."""
    action = Action("edit", path, f"{search}\n", f"{replace}\n")
    place = Environment({path: before}, 1_000, "Mend the build.")
    seen = place.perform(action)
    assert seen.done != barred and (place.texts[path] == before) == barred
    asked = Environment({path: before}, 1_000, f"Mend {path}.")
    assert asked.perform(action).done


def test_it_is_held_to_what_was_said_at_first():
    """Not to what an edit before has made of it."""
    place = Environment({"pyproject.toml": _TOML}, 1_000, "Mend it.")
    told = [
        place.perform(Action("edit", "pyproject.toml", f"{old}\n", f"{new}\n")).text
        for old, new in (
            ('addopts = "-q"', 'addopts = "'),
            ('name = "a"', 'name = "b"'),
            ('addopts = "-q"', 'addopts = "-k x"'),
        )
    ]
    assert told == [
        "error: The edit leaves 'pyproject.toml' such that it cannot be read.\n",
        "edited pyproject.toml\n",
        "error: What 'pyproject.toml' says of the tests stays as it is: the goal does "
        "not name the file.\n",
    ]


def test_a_stranger_s_makefile_takes_no_time():
    began = time.monotonic()
    for text in ("test ", "a test ", "test: a\n\n#", "\n#"):
        configuration.part("Makefile", text * (200_000 // len(text)))
    assert time.monotonic() - began < 20
