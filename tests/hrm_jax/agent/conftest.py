"""The strongest sandbox of this machine."""

from tests.eval.sandbox.conftest import cache, strongest  # noqa: F401
