"""Where the time of a training step goes, for whoever looks at it."""

from __future__ import annotations

import pathlib

import jax


class Profile:
    """A trace of a few steps, once everything is compiled."""

    _WARM_UP = 5

    def __init__(self, workdir: pathlib.Path, step: int, last: int, count: int):
        """Args:
        step: taken before.
        last: of the run.
        count: steps that are traced; 0 for none.
        """
        self._directory = workdir / "profile"
        self._first = step + self._WARM_UP
        self._last = self._first + count if count else -1
        self._running = False
        if count and self._first >= last:
            print(
                f"There will be no profile: it begins after {self._WARM_UP} steps, "
                f"and {last - step} are left; a larger train.steps has more.",
                flush=True,
            )

    def tick(self, step: int) -> None:
        if self._last > 0 and step == self._first:
            jax.profiler.start_trace(str(self._directory))
            self._running = True
        if step == self._last:
            self.stop()

    def stop(self) -> None:
        if self._running:
            jax.profiler.stop_trace()
            self._running = False
            print(
                f"The profile is in {self._directory}; look at it with "
                f"`pip install xprof` and `xprof --logdir={self._directory}`.",
                flush=True,
            )
