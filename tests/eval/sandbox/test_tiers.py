"""Never weaker than asked for, and one sentence that says what is missing."""

import os
import pathlib
import tempfile

import pytest

from eval.sandbox import landlock, namespaces, tiers
from eval.sandbox.tiers import Tier, TierMissing, open_sandbox
from tests.eval.sandbox.conftest import skip_without


@pytest.fixture
def machine(monkeypatch):
    """Stands for a machine that has only some tiers."""

    def machine(*present):
        found = {t: "" if t in present else f"No {t.name.lower()}." for t in Tier}
        monkeypatch.setattr(tiers, "probe", lambda: found)
        monkeypatch.setattr(tiers, "_options", lambda bwrap: "")

    return machine


def test_strongest_is_taken(machine):
    for present in ([Tier.LANDLOCK], [Tier.NAMESPACES], [Tier.LANDLOCK, Tier.LIMITS]):
        machine(*present)
        with open_sandbox() as sandbox:
            assert sandbox.title == present[0].title


def test_nothing_weaker_is_taken_in_silence(machine):
    machine(Tier.LIMITS)
    with pytest.raises(TierMissing, match="No namespaces. No landlock.* say --allow_"):
        open_sandbox()
    machine(Tier.LANDLOCK, Tier.LIMITS)
    with pytest.raises(TierMissing, match="No namespaces. If"):
        open_sandbox(Tier.NAMESPACES)
    with pytest.raises(TierMissing, match="No namespaces. If"):
        open_sandbox(only=Tier.NAMESPACES)


def test_limits_alone_need_to_be_allowed(machine):
    machine(Tier.NAMESPACES, Tier.LIMITS)
    for how in ({"weakest": Tier.LIMITS}, {"only": Tier.LIMITS}):
        with pytest.raises(TierMissing, match="--allow_unsafe_execution if"):
            open_sandbox(**how)
    # Allowed is not chosen: the strongest is still taken.
    with open_sandbox(allow_unsafe_execution=True) as sandbox:
        assert sandbox.title == Tier.NAMESPACES.title
    with open_sandbox(only=Tier.LIMITS, allow_unsafe_execution=True) as sandbox:
        assert sandbox.title == Tier.LIMITS.title


@pytest.mark.parametrize("bwrap, mend", [(None, "not installed"), ("/bin/cat", "0.8")])
def test_bubblewrap_is_asked_for(monkeypatch, bwrap, mend):
    monkeypatch.setattr(tiers, "_bwrap", lambda: bwrap)
    tiers.probe.cache_clear()
    missing = tiers.probe()[Tier.NAMESPACES]
    tiers.probe.cache_clear()
    assert mend in missing and "apt-get install bubblewrap" in missing


def test_bubblewrap_that_fails_is_told(monkeypatch):
    """As where a container forbids user namespaces."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        fails = pathlib.Path(folder) / "bwrap"
        words = " ".join(namespaces.NEEDED)
        fails.write_text(f"#!/bin/sh\necho {words}; echo Not permitted >&2; exit 1")
        fails.chmod(0o755)
        monkeypatch.setattr(tiers, "_bwrap", lambda: str(fails))
        missing = tiers._missing(Tier.NAMESPACES)
    assert "(Not permitted): allow user namespaces" in missing


def test_landlock_is_asked_for(monkeypatch):
    monkeypatch.setattr(landlock, "abi", lambda: 0)
    assert "Linux 5.13" in tiers._missing(Tier.LANDLOCK)
    monkeypatch.setattr(landlock, "abi", lambda: 5)
    monkeypatch.setattr(tiers.os, "geteuid", lambda: 1000)
    assert "Linux 6.12" in tiers._missing(Tier.LANDLOCK)


def test_trial_would_notice_a_tier_that_does_not_hold(monkeypatch):
    skip_without(Tier.LANDLOCK)
    weak = tiers.confinement(Tier.LIMITS)
    monkeypatch.setattr(tiers, "confinement", lambda tier: weak)
    assert "does not hold here" in tiers._try(Tier.LANDLOCK)
