"""Fixtures of the sandbox, for whatever is graded in it."""

from tests.eval.sandbox.conftest import cache, strongest  # noqa: F401
