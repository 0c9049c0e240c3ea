"""A sandbox for hostile programs: the strongest one, and in slow tests tier 2."""

import pytest

from eval.sandbox import tiers
from tests.eval.sandbox.conftest import skip_without


@pytest.fixture(
    scope="session",
    params=["strongest", pytest.param("landlock", marks=pytest.mark.slow)],
)
def sandbox(request, cache):
    if request.param == "strongest":
        yield request.getfixturevalue("strongest")
        return
    skip_without(tiers.Tier.LANDLOCK)
    with tiers.open_sandbox(only=tiers.Tier.LANDLOCK, cache=cache) as opened:
        yield opened
