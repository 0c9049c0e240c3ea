"""A sandbox of each tier that holds a hostile program."""

from tests.eval.sandbox.conftest import sandbox  # noqa: F401
