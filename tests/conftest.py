"""Fixtures and the strictness that every test runs under."""

import os
import pathlib
import signal

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ["XLA_FLAGS"] = (
    os.environ.get("XLA_FLAGS", "") + " --xla_force_host_platform_device_count=8"
)

import jax  # after the flags above: JAX reads them when it starts
import pytest

jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")

# A shell starts background jobs deaf to Ctrl-C, and their children inherit it.
signal.signal(signal.SIGINT, signal.default_int_handler)

REPOSITORY = pathlib.Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared_data() -> pathlib.Path:
    """Real benchmark data beside the checkout; not part of the repository."""
    path = REPOSITORY.parent / "shared" / "data"
    if not path.is_dir():
        pytest.skip(f"benchmark data is not at {path}")
    return path
