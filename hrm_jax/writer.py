"""Metrics to a JSONL file, to TensorBoard and to the reader's eyes."""

from __future__ import annotations

import json
import os
import pathlib
import sys
import time
from typing import Any

import rich.progress
from tensorboardX import SummaryWriter

METRICS_FILE = "metrics.jsonl"


class Writer:
    """Writes one record per report; a context manager.

    A resumed run drops the records after the step that it resumes from: they will come
    again, the same.
    """

    def __init__(self, workdir: pathlib.Path, start_step: int, total_steps: int):
        self._total = total_steps
        self._start_step = start_step
        self._started = time.monotonic()
        self._interactive = sys.stdout.isatty()
        path = workdir / METRICS_FILE
        _forget_after(path, start_step)
        self._file = path.open("a", encoding="utf-8")
        self._board = SummaryWriter(
            str(workdir / "tensorboard"), purge_step=start_step + 1
        )
        self._progress = rich.progress.Progress(
            rich.progress.TextColumn("step {task.completed:,.0f}/{task.total:,.0f}"),
            rich.progress.BarColumn(),
            rich.progress.TextColumn("{task.fields[note]}"),
            rich.progress.TimeElapsedColumn(),
            rich.progress.TimeRemainingColumn(),
            disable=not self._interactive,
        )
        self._task = self._progress.add_task(
            "train", total=total_steps, completed=start_step, note="compiling"
        )

    def __enter__(self) -> Writer:
        self._progress.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self._progress.stop()
        self._board.close()
        self._file.close()

    def tick(self, step: int) -> None:
        """Moves the progress line; costs nothing."""
        self._progress.update(self._task, completed=step)

    def write(self, step: int, seconds: float, values: dict[str, float]) -> None:
        """Writes a record.

        Args:
          seconds: of training so far, over all resumptions.
          values: names such as "train/answer_loss".
        """
        record = {"step": step, "seconds": round(seconds, 3), **values}
        self._file.write(json.dumps(record) + "\n")
        self._file.flush()
        for name, value in values.items():
            self._board.add_scalar(name, value, step)
        self._show(step, values)

    def _show(self, step: int, values: dict[str, float]) -> None:
        note = "  ".join(
            f"{label} {format(values[name], style)}"
            for name, label, style in (
                ("train/answer_loss", "loss", ".4f"),
                ("train/exact_match", "exact match", ".1%"),
                ("train/mean_segments", "segments", ".1f"),
                ("eval/exact_match", "held out: exact match", ".1%"),
            )
            if name in values
        )
        if self._interactive:
            self._progress.update(self._task, completed=step, note=note)
            return
        elapsed = time.monotonic() - self._started
        done = max(step - self._start_step, 1)
        left = elapsed / done * (self._total - step)
        print(f"step {step:,}/{self._total:,}  {note}  {_clock(left)} left", flush=True)


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"


def _forget_after(path: pathlib.Path, step: int) -> None:
    """Drops records later than `step`, and a last line that a crash cut short."""
    if not path.exists():
        return
    kept = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            record = json.loads(line)
        except json.JSONDecodeError:
            continue
        if record["step"] <= step:
            kept.append(line + "\n")
    whole = path.with_suffix(".tmp")
    whole.write_text("".join(kept), encoding="utf-8")
    os.replace(whole, path)
