"""Ctrl-C and SIGTERM as a request that the training loop honours between two steps."""

from __future__ import annotations

import contextlib
import os
import signal
from types import FrameType
from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_STEPS_BETWEEN_TALKS = 8


class InterruptedWork(Exception):
    """What was begun between two steps was given up: someone has asked to stop."""


class StopRequest:
    """A context in which the first signal asks and the second one kills.

    Attributes:
      signal: the signal that asked, or None.
    """

    def __init__(self, message: str = "Stopping; once more stops at once, unsaved."):
        """Args:
        message: to whoever sends the first signal.
        """
        self._message = message
        self.signal: signal.Signals | None = None
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> StopRequest:
        for number in _SIGNALS:
            self._previous[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *error: Any) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def asked(self, step: int) -> bool:
        """Has any process of this job been asked to stop?

        All of them ask this after each step and hear the same: one that stopped alone
        would leave the others waiting for it.
        """
        if jax.process_count() == 1:
            return self.signal is not None
        if step % _STEPS_BETWEEN_TALKS:
            return False
        own = np.int32(self.signal or 0)
        signals = multihost_utils.process_allgather(own)
        if signals.any():
            self.signal = signal.Signals(int(signals.max()))
        return bool(signals.any())

    def asked_at_once(self) -> bool:
        """Has this process been asked, where it is the only one of its job?

        Work between two steps may not end in one of several processes alone.
        """
        return self.signal is not None and jax.process_count() == 1

    def _ask(self, number: int, frame: FrameType | None) -> None:
        del frame
        self.signal = signal.Signals(number)
        # Not print, which a signal may have interrupted. A terminal's cursor comes back
        # even if the second signal kills.
        show_cursor = b"\x1b[?25h" if os.isatty(2) else b""
        with contextlib.suppress(BrokenPipeError):  # Ctrl-C ends a `tee`, too
            os.write(2, show_cursor + f"\n{self._message}\n".encode())
        for other in _SIGNALS:
            signal.signal(other, signal.SIG_DFL)
