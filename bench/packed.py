"""What the packages of `bench/packages.py` hold beside weights."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from hrm_jax.export.package import Manifest
from hrm_jax.models.config import ReasonerConfig


class Packed(NamedTuple):
    """Attributes:
    model: sizes and choices.
    table: of puzzle vectors.
    about: what the manifest says, whatever the format.
    prepare: writes what else a package needs into its folder.
    timed: what `bench/package_timer.py` times, in its order.
    """

    model: ReasonerConfig
    table: np.ndarray | None
    about: Callable[..., Manifest]
    prepare: Callable[[pathlib.Path], None]
    timed: tuple[str, ...]
