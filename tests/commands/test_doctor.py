"""`doctor`: every tier and language of this machine, and the mends."""

import subprocess
import sys

import pytest

from eval.sandbox import tiers
from eval.sandbox.languages import LANGUAGES
from eval.sandbox.tiers import Tier


def rows(out):
    lines = [line.split() for line in out.splitlines()]
    return {words[0]: words[1:] for words in lines if len(words) == 4}


def test_it_tells_of_this_machine(run):
    code, out, err = run("doctor")
    assert (code, err) == (0, "")
    for tier in Tier:
        assert tier.title in out
        assert tiers.probe()[tier] in out
    titles = {language.title for language in LANGUAGES.values()}
    assert rows(out).keys() == titles
    assert "." in rows(out)["Python"][Tier.LIMITS - 1]


def test_what_is_missing_comes_with_its_mend(run, monkeypatch):
    lacking = {tier: f"No {tier.name.lower()}: mend it." for tier in Tier}
    monkeypatch.setattr(tiers, "probe", lambda: lacking)
    code, out, _ = run("doctor")
    assert code == 0 and "--allow_unsafe_execution only" in out
    for sentence in lacking.values():
        assert f"- {sentence}" in out
    assert rows(out)["Go"] == ["no"] * 3


def test_missing_compiler_comes_with_its_package(run, monkeypatch):
    if tiers.probe()[Tier.LIMITS]:
        pytest.skip("not even limits work here")
    monkeypatch.setattr("eval.sandbox.toolchains.installed", lambda name: ())
    _, out, _ = run("doctor")
    assert out.count("- Go is not installed: apt-get install golang-go.\n") == 1


def test_it_needs_no_jax():
    """It answers at once, also where JAX is broken."""
    script = (
        "import sys; sys.modules['jax'] = None; sys.path.insert(0, '.'); import main; "
        "sys.exit(main.main(['main.py', 'doctor']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "Python" in done.stdout
