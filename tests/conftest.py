"""Fixtures and the strictness that every test runs under."""

import gc
import os
import pathlib
import shutil
import signal
import tempfile

from tests import xla_flags

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ["XLA_FLAGS"] = (
    os.environ.get("XLA_FLAGS", "") + " --xla_force_host_platform_device_count=8"
)
if os.environ["JAX_PLATFORMS"] == "cpu":
    # A test runs its programs once or twice: a slower one made sooner ends earlier.
    os.environ["XLA_FLAGS"] += " --xla_backend_optimization_level=0"
    os.environ["XLA_FLAGS"] += " --xla_llvm_disable_expensive_passes=true"
    # In one piece: the other cores have tests of their own, and each piece its cost.
    if xla_flags.knows("xla_cpu_parallel_codegen_split_count"):
        os.environ["XLA_FLAGS"] += " --xla_cpu_parallel_codegen_split_count=1"
    # Where XLA has two ways to write the code of a fusion, the older needs half the
    # time. Later there is one alone.
    if xla_flags.knows("xla_cpu_use_fusion_emitters"):
        os.environ["XLA_FLAGS"] += " --xla_cpu_use_fusion_emitters=false"
# What one test compiled, the next need not. Each process of pytest has its own.
os.environ["JAX_COMPILATION_CACHE_DIR"] = tempfile.mkdtemp(prefix="hrm-jax-tests-")
os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"

import jax  # after the variables above: JAX reads them when it starts
import pytest

# Tracing makes objects by the thousand, of which few are garbage: a tenth of its time.
gc.set_threshold(100_000)

jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")

# A shell starts background jobs deaf to Ctrl-C, and their children inherit it.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_unconfigure():
    shutil.rmtree(os.environ["JAX_COMPILATION_CACHE_DIR"], ignore_errors=True)


REPOSITORY = pathlib.Path(__file__).parent.parent


# Beginning with the longest: who begins it last is alone at the end. (By itself xdist
# takes the most numerous tests for the longest.)
LONGEST = (
    "tests/test_resume.py",
    "tests/commands/test_export.py",
    "tests/kernels/test_attention.py",
    "tests/hrm_jax/models/test_reasoner.py",
    "tests/hrm_jax/models/test_text.py",
    "tests/commands/test_arc.py",
    "tests/commands/test_text_run.py",
    "tests/commands/test_end_to_end.py",
    "tests/commands/test_export_text.py",
    "tests/commands/demo_page/test_sudokus.py",
    "tests/commands/demo_page/test_mazes.py",
    "tests/hrm_jax/text/test_engine.py",
    "tests/test_processes.py",
)


def pytest_collection_modifyitems(items):
    def place(item):
        file = item.nodeid.partition("::")[0]
        return LONGEST.index(file) if file in LONGEST else len(LONGEST)

    items.sort(key=place)


@pytest.fixture(scope="session")
def shared_data() -> pathlib.Path:
    """Real benchmark data beside the checkout; not part of the repository."""
    path = REPOSITORY.parent / "shared" / "data"
    if not path.is_dir():
        pytest.skip(f"benchmark data is not at {path}")
    return path
