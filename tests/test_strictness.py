"""The strictness that the other tests rely on is really in force."""

import warnings

import jax.numpy as jnp
import jaxtyping
import pytest

from kernels.matmul import matmul
from tests.conftest import LONGEST, REPOSITORY


def test_wrong_shape_is_caught():
    with pytest.raises(jaxtyping.TypeCheckError, match="K=3"):
        matmul(jnp.ones((2, 3)), jnp.ones((4, 3)))


def test_dtypes_do_not_mix():
    with pytest.raises(Exception, match="no available implicit dtype promotion path"):
        jnp.ones(2, jnp.float32) + jnp.ones(2, jnp.bfloat16)


def test_ranks_do_not_mix():
    with pytest.raises(ValueError, match="rank_promotion"):
        jnp.ones((2, 3)) + jnp.ones(3)


def test_warnings_are_errors():
    with pytest.raises(UserWarning):
        warnings.warn("a warning", stacklevel=1)


def test_the_longest_files_are_there():
    assert [name for name in LONGEST if not (REPOSITORY / name).is_file()] == []
