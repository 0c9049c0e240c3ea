"""Tier 3: for programs that mean no harm, and end all the same."""

import dataclasses
import os

import pytest

from eval.sandbox import tiers
from eval.sandbox.limits import RUNNING
from eval.sandbox.tiers import Tier
from tests.eval.sandbox.conftest import skip_without
from tests.eval.sandbox.programs import ECHO, program

ME = os.getpid()
SHORT = dataclasses.replace(RUNNING, wall_seconds=1)


@pytest.fixture(scope="module")
def loose(cache):
    skip_without(Tier.LIMITS)
    with tiers.open_sandbox(
        only=Tier.LIMITS, allow_unsafe_execution=True, cache=cache
    ) as opened:
        yield opened


def test_program_runs(loose):
    outcome = loose.run(program("python", ECHO["python"]), b"\xff")
    assert outcome.stdout == b"hello\n\xff" and outcome.succeeded


@pytest.mark.parametrize("leave", ["os.setpgid(0, os.getppid())", "os.setsid()"])
def test_whoever_leaves_the_group_ends_too(loose, processes, leave):
    text = f"""
import os, time
if not os.fork():
    try: {leave}
    except OSError: pass
    time.sleep(60)
try: {leave}
except OSError: pass
time.sleep(60)
"""
    outcome = loose.run(program("python", text, f"leaver-{ME}"), limits=SHORT)
    assert outcome.limit == "wall" and outcome.wall_seconds < 3
    assert not processes(f"leaver-{ME}")
