"""Every golden number is taken by a test, or it is said why not."""

import re

import pytest

from tests.hrm_jax import test_golden_models, test_golden_parts, test_golden_variants
from tests.hrm_jax.golden import DIRECTORY, FILES, NOT_HELD, Golden, covers, keys

MODULES = (test_golden_models, test_golden_parts, test_golden_variants)


def test_every_file_is_known():
    assert {path.stem for path in DIRECTORY.glob("*.npz")} == set(FILES)


@pytest.mark.parametrize("file", FILES)
def test_every_key_is_covered(file):
    """The tests themselves fail if they do not take all that they cover."""
    tests = [test for module in MODULES for test in vars(module).values()]
    patterns = [test.covers for test in tests if hasattr(test, "covers")]
    assert len(patterns) >= 14
    lost = {key for key in keys(file) if not any(p.match(key) for p in patterns)}
    assert not lost


@pytest.mark.parametrize("excuse", NOT_HELD)
def test_every_excuse_is_needed(excuse):
    names = [f"{file}:{key}" for file in FILES for key in Golden(file)]
    assert any(re.fullmatch(excuse, name) for name in names)
    assert len(NOT_HELD[excuse]) > 20


def test_a_key_that_is_not_taken_fails_the_test():
    @covers("batch/")
    def careless(golden):
        golden["batch/inputs"]

    with pytest.raises(AssertionError, match="careless takes no notice.*batch/labels"):
        careless(FILES[0])
