"""Metrics survive a resumption, and a disk that takes no more."""

import json
import resource
import signal

import numpy as np
import pytest
from tensorboardX.proto import event_pb2

from data_pipeline.schema import UserError
from hrm_jax.writer import METRICS_FILE, Writer


def records(workdir):
    text = (workdir / METRICS_FILE).read_text()
    return [json.loads(line) for line in text.splitlines()]


def events(workdir):
    """What TensorBoard would read: (step, name, value) and the restarts."""
    found = []
    for path in sorted((workdir / "tensorboard").iterdir()):
        data, at = path.read_bytes(), 0
        while at < len(data):
            length = int(np.frombuffer(data, np.uint64, 1, at)[0])
            event = event_pb2.Event.FromString(data[at + 12 : at + 12 + length])
            at += 16 + length
            found += [(event.step, v.tag, v.simple_value) for v in event.summary.value]
            if event.session_log.status == event_pb2.SessionLog.START:
                found.append((event.step, "start", None))
    return found


def test_one_record_for_every_report(tmp_path):
    with Writer(tmp_path, 0) as writer:
        writer.write(10, 1.23456, {"train/answer_loss": 0.5})
        # Readable at once, not only when the run ends.
        assert records(tmp_path) == [
            {"step": 10, "seconds": 1.235, "train/answer_loss": 0.5}
        ]
        writer.write(20, 2.0, {"train/answer_loss": 0.25, "train/exact_match": 0.0})
    assert [record["step"] for record in records(tmp_path)] == [10, 20]
    assert events(tmp_path) == [
        (1, "start", None),
        (10, "train/answer_loss", 0.5),
        (20, "train/answer_loss", 0.25),
        (20, "train/exact_match", 0.0),
    ]


def test_a_resumed_run_forgets_what_will_come_again(tmp_path):
    with Writer(tmp_path, 0) as writer:
        for step in (10, 20, 30):
            writer.write(step, 1.0, {"train/answer_loss": float(step)})
    with (tmp_path / METRICS_FILE).open("ab") as file:
        file.write(b'{}\n5\n[]\n{"step": "10"}\n\xff\n')
        file.write(b'{"step": 40, "seco')  # what a crash leaves
    with Writer(tmp_path, 20) as writer:
        assert [record["step"] for record in records(tmp_path)] == [10, 20]
        writer.write(30, 1.0, {"train/answer_loss": -1.0})
    assert [record["step"] for record in records(tmp_path)] == [10, 20, 30]
    assert records(tmp_path)[-1]["train/answer_loss"] == -1.0
    assert (21, "start", None) in events(tmp_path)


def test_a_workdir_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / METRICS_FILE).mkdir()
    with pytest.raises(UserError, match=f"{tmp_path}.*Is a directory"):
        Writer(tmp_path, 0)


def test_a_full_disk_is_told_and_what_was_written_stays(tmp_path):
    """A limit on the size of files stands for the disk: writing fails the same way."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Writer(tmp_path, 0) as writer:
        writer.write(10, 1.0, {"train/answer_loss": 0.5})
        size = (tmp_path / METRICS_FILE).stat().st_size
        handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
        try:
            with pytest.raises(UserError, match="could not be written.*too large"):
                writer.write(20, 2.0, {"train/answer_loss": 0.5})
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            signal.signal(signal.SIGXFSZ, handler)
    assert records(tmp_path)[0]["step"] == 10
