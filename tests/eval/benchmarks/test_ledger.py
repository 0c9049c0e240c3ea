"""Lines that are only ever added, and what a kill leaves of them."""

import json
import os
import signal
import subprocess
import sys

import pytest

from data_pipeline.schema import UserError
from eval.benchmarks import ledger

ROWS = [{"n": 1, "text": "a\nb\u2028"}, {"n": 2, "text": "é"}, {"n": 3, "text": ""}]


def read(path):
    with ledger.opened(path) as book:
        return book.rows


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "deep" / "rows.jsonl"
    with ledger.opened(path) as book:
        for row in ROWS:
            book.add(row)
    return path


def test_what_was_added_is_there(path):
    assert read(path) == ROWS


def test_any_cut_leaves_the_whole_lines_and_can_be_added_to(path):
    data = path.read_bytes()
    for size in range(len(data) + 1):
        path.write_bytes(data[:size])
        whole = data[:size].count(b"\n")
        with ledger.opened(path) as book:
            assert book.rows == ROWS[:whole]
            book.add({"n": 9})
        assert read(path) == [*ROWS[:whole], {"n": 9}]


@pytest.mark.parametrize("line", [b"{", b"[1]", b"\xff", b""])
def test_a_damaged_line_within_is_named(path, line):
    data = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([data[0], line, *data[1:]]))
    with pytest.raises(UserError, match="rows.jsonl:2 is"):
        read(path)


def test_one_process_at_a_time(path):
    with ledger.opened(path), pytest.raises(UserError, match="Another process"):
        read(path)
    assert read(path) == ROWS


def test_a_folder_is_no_ledger(tmp_path):
    with pytest.raises(UserError, match="cannot be written"):
        read(tmp_path)


def test_a_killed_writer_leaves_all_that_it_added(tmp_path):
    path = tmp_path / "rows.jsonl"
    program = f"""
import pathlib
from eval.benchmarks import ledger
with ledger.opened(pathlib.Path({str(path)!r})) as book:
    for n in range(10**9):
        book.add({{"n": n, "text": "x" * 9999}})
        print(n, flush=True)
"""
    writer = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    for _ in range(50):
        told = writer.stdout.readline()
    os.kill(writer.pid, signal.SIGKILL)
    told = (writer.stdout.read() or told).split()[-1]
    writer.wait()
    writer.stdout.close()
    numbers = [row["n"] for row in read(path)]
    assert numbers == list(range(len(numbers))) and len(numbers) > int(told)
    assert json.loads(path.read_bytes().splitlines()[-1])["n"] == numbers[-1]
