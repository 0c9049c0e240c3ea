"""The table and the targets below it, on rows made by hand."""

import json

import pytest

from bench import attention, quantized_matmul, table, targets, train_step
from bench.table import Row, Work
from bench.timing import Timing


def row(contender, *seconds, part="part", case="case", failure="", **more):
    fields = {"work": Work(4e9, 8e6), "peak_flops": 4e9, "peak_bytes": 4e6} | more
    return Row(part, case, contender, Timing(seconds, failure), **fields)


def test_shares_are_of_the_peaks():
    one = row("ours", 4.0)
    assert one.share_of_peak == 0.25
    assert one.share_of_roofline == 0.5  # the bytes take longer than the operations
    assert one._replace(work=Work(4e9, 1.0)).share_of_roofline == 0.25
    assert one._replace(work=None).share_of_peak is None
    assert row("ours").share_of_roofline is None


def test_times_are_over_the_first_of_the_case():
    rows = [
        row("ours", 4.0, 5.0, 3.0, compile_seconds=(12.0, 1.5)),
        row("theirs", 6.0),
        row("third", failure="ImportError: it is not installed"),
        row("other", 1.0, case="another", work=None),
    ]
    lines = [line.split() for line in table.text(rows).splitlines()]
    cells = {words[0]: words[1:] for words in lines if words}
    assert cells["ours"] == "1.00 25% 4 8 25% 50% 12.0 1.5".split()
    assert cells["theirs"][:2] == ["1.50", "0%"]
    assert cells["third"][:2] == ["-", "-"]
    assert cells["other"][:3] == ["1.00", "0%", "-"]
    assert lines[-1] == "part, case, third: ImportError: it is not installed".split()


def test_everything_is_saved(tmp_path):
    path = tmp_path / "new" / "bench.json"
    table.save(path, {"device": "cpu"}, [row("ours", 4.0, 5.0), row("no", failure="E")])
    saved = json.loads(path.read_text())
    assert saved["device"] == "cpu"
    ours, failed = saved["rows"]
    assert ours["timing"]["seconds"] == [4.0, 5.0]
    assert ours["work"] == {"flops": 4e9, "bytes": 8e6}
    assert failed["timing"]["failure"] == "E" and failed["of_peak"] is None


@pytest.mark.parametrize(("ours", "verdict"), [(1.0, "reached"), (2.0, "MISSED")])
def test_targets_stand_beside_what_was_reached(ours, verdict):
    part = train_step.PART
    rows = [
        row(train_step.COMPILED, 1.5, part=part),
        row(train_step.OURS_HALT, ours, part=part),
    ]
    told = targets.lines(rows, "cpu")
    assert len(told) == len(targets.TARGETS)
    assert f"{1.5 / ours:.2f} of at least 1.4, {verdict} (case)" in told[0]
    assert "not timed" in told[1] and "not timed" in told[2]
    assert all("counts on gpu" in line for line in told[3:])


def test_targets_of_a_gpu_pick_their_contenders():
    texts = f"1024 tokens, {attention.PREFIX}"
    rows = [
        row(train_step.OURS, 2.0, part=train_step.PART),
        row("cudnn", 1.0, part=attention.PART),
        row("pallas_gpu", 1.25, part=attention.PART),
        row("xla", 3.0, part=attention.PART, case=texts),
        row(attention.TORCH_FLEX, 2.4, part=attention.PART, case=texts),
        row("reference", 0.1, part=attention.PART, case=texts),
        row("pallas_gpu", 2.0, part=attention.PART, case=texts),
    ]
    for count in (1, 656):
        case = {"part": quantized_matmul.PART, "case": f"{count} rows by 2 x 2"}
        rows += [
            row(quantized_matmul.PLAIN, 3.0, **case),
            row("int4, xla", 1.0, **case),
        ]
    told = targets.lines(rows, "gpu")
    assert [line.split(": ")[1].split(" (")[0] for line in told[3:]] == [
        "0.50 of at least 0.4, reached",
        "0.80 of at least 0.95, MISSED",
        "1.20 of at least 1, reached",
        "3.00 of at least 2, reached",
    ]
