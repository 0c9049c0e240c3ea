"""Metrics to a JSONL file and to TensorBoard."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import time
from collections.abc import Iterator
from typing import Any

from tensorboardX.event_file_writer import EventsWriter
from tensorboardX.proto import event_pb2
from tensorboardX.summary import scalar

from data_pipeline.schema import UserError
from eval import metrics_file

METRICS_FILE = "metrics.jsonl"

_proto: Any = event_pb2  # its classes are made when it is imported


class Writer:
    """Writes one record per report; a context manager.

    A resumed run drops the records after the step that it resumes from: they will come
    again, the same.
    """

    def __init__(self, workdir: pathlib.Path, start_step: int):
        """Raises: UserError: the workdir cannot be written to."""
        path, folder = workdir / METRICS_FILE, workdir / "tensorboard"
        with _as_user_error(workdir):
            _forget_after(path, start_step)
            self._file = path.open("a", encoding="utf-8")
            folder.mkdir(exist_ok=True)
            # Not tensorboardX's SummaryWriter: its thread dies of a full disk, and then
            # whoever writes waits for it forever.
            suffix = f".{start_step}.{os.getpid()}"
            self._events = EventsWriter(str(folder / "events"), suffix)
            # TensorBoard hides what an earlier process wrote of later steps.
            start = _proto.SessionLog(status=_proto.SessionLog.START)
            self._events.write_event(
                _proto.Event(step=start_step + 1, session_log=start)
            )
            self._events.flush()
        self._workdir = workdir

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *error: Any) -> None:
        # Every record was flushed; what is left could not be, and that was told.
        with contextlib.suppress(OSError):
            self._events.close()
        with contextlib.suppress(OSError):
            self._file.close()

    def write(self, step: int, seconds: float, values: dict[str, float]) -> None:
        """Writes a record.

        Args:
          seconds: of training so far, over all resumptions.
          values: names such as "train/answer_loss".

        Raises:
          UserError: the disk takes no more.
        """
        record = {"step": step, "seconds": round(seconds, 3), **values}
        with _as_user_error(self._workdir):
            self._file.write(json.dumps(record) + "\n")
            self._file.flush()
            for name, value in values.items():
                summary = scalar(name, value)
                event = _proto.Event(wall_time=time.time(), step=step, summary=summary)
                self._events.write_event(event)
            self._events.flush()


@contextlib.contextmanager
def _as_user_error(workdir: pathlib.Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UserError(
            f"The metrics could not be written to {workdir} ({error.strerror}); no "
            "checkpoint is harmed: make room or repair the folder, then run the same "
            "command again to go on."
        ) from error


def _forget_after(path: pathlib.Path, step: int) -> None:
    """Drops records later than `step`, and what a crash cut short."""
    if not path.exists():
        return
    kept = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        record = metrics_file.record(line)
        if record is not None and record["step"] <= step:
            kept.append(line + "\n")
    whole = path.with_suffix(".tmp")
    whole.write_text("".join(kept), encoding="utf-8")
    os.replace(whole, path)
