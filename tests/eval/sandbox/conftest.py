"""Open sandboxes, one for each tier that holds a hostile program."""

import os

import pytest

from eval.sandbox import tiers
from eval.sandbox.toolchains import NoToolchain

HOLDING = (tiers.Tier.NAMESPACES, tiers.Tier.LANDLOCK)


def skip_without(tier):
    missing = tiers.probe()[tier]
    if missing:
        pytest.skip(missing)


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """Programs are compiled once for all tests of a process."""
    return tmp_path_factory.mktemp("programs")


@pytest.fixture(scope="session", params=HOLDING, ids=lambda tier: tier.name.lower())
def sandbox(request, cache):
    skip_without(request.param)
    with tiers.open_sandbox(only=request.param, cache=cache) as opened:
        try:
            opened.toolchain("python")
        except NoToolchain as error:
            pytest.skip(str(error))
        yield opened


@pytest.fixture(scope="session")
def strongest(cache):
    """The strongest sandbox of this machine, where any will do."""
    if all(tiers.probe()[tier] for tier in HOLDING):
        pytest.skip(" ".join(tiers.probe()[tier] for tier in HOLDING))
    with tiers.open_sandbox(cache=cache) as opened:
        yield opened


@pytest.fixture
def speaks(sandbox):
    """Skips a language that this machine, or this tier, lacks."""

    def speaks(language):
        try:
            return sandbox.toolchain(language)
        except NoToolchain as error:
            pytest.skip(str(error))

    return speaks


@pytest.fixture
def processes():
    """Processes of this machine whose command line holds a word."""

    def processes(word):
        found = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{name}/cmdline", "rb") as file:
                    if word.encode() in file.read() and int(name) != os.getpid():
                        found.append(int(name))
            except OSError:  # it ended meanwhile
                continue
        return found

    return processes
