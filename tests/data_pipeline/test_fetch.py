"""Downloads from a real HTTP server, with all that can go wrong on the way."""

import errno
import os
import pathlib
import signal
import threading
import time
from email.utils import formatdate

import pytest

from data_pipeline import fetch
from data_pipeline.progress import Progress
from data_pipeline.schema import UserError
from tests.data_pipeline.conftest import CONTENT


@pytest.fixture
def part(tmp_path):
    """Where a download that is under way lies."""
    part = fetch.local_path(tmp_path, "some", "train").with_name("some.csv.part")
    part.parent.mkdir(parents=True)
    return part


def run(tmp_path, first_wait=0.01):
    (path,) = fetch.fetch("some", tmp_path, first_wait)
    assert path == fetch.local_path(tmp_path, "some", "train")
    assert path.read_bytes() == CONTENT
    assert [p.name for p in path.parent.iterdir()] == ["some.csv"]


def test_comes_whole_and_once(home, tmp_path, capsys):
    run(tmp_path)
    run(tmp_path)
    assert home.sent == [len(CONTENT)]
    assert "is there" in capsys.readouterr().out


def test_a_cut_connection_goes_on_with_what_is_missing(home, tmp_path):
    home.cuts, home.cut_after = 2, 100_000
    run(tmp_path)
    assert home.sent == [100_000] * 3


def test_an_interrupted_run_goes_on(home, part, tmp_path):
    home.cuts, home.cut_after = 1, 100_000

    def interrupt():
        give_up = time.monotonic() + 10
        while not (part.exists() and part.stat().st_size):
            assert time.monotonic() < give_up
            time.sleep(0.005)
        os.kill(os.getpid(), signal.SIGINT)

    home.before_cut = interrupt
    with pytest.raises(KeyboardInterrupt):
        fetch.fetch("some", tmp_path)
    kept = part.read_bytes()
    assert 0 < len(kept) <= 100_000 and kept == CONTENT[: len(kept)]
    home.sent.clear()
    run(tmp_path)
    assert home.sent == [len(CONTENT) - len(kept)]


@pytest.fixture
def stalls(home, monkeypatch):
    """The home falls silent, with the connection open, where it would break off."""
    monkeypatch.setattr(fetch, "_TIMEOUT", 0.1)
    monkeypatch.setattr(fetch, "_ATTEMPTS", 2)
    goes_on = threading.Event()
    home.before_cut = goes_on.wait
    yield
    goes_on.set()


def test_a_stalled_connection_loses_nothing(home, stalls, tmp_path):
    home.cuts, home.cut_after = 2, 100_000
    run(tmp_path)
    assert home.sent == [100_000] * 3


def test_the_network_is_blamed_for_silence(home, stalls, part, tmp_path):
    part.write_bytes(CONTENT[:1000])
    home.cuts, home.cut_after = 2, 0
    with pytest.raises(UserError, match="cannot be reached .timed out"):
        fetch.fetch("some", tmp_path)
    assert part.read_bytes() == CONTENT[:1000]


def test_a_home_that_never_gets_further_is_given_up(home, tmp_path, monkeypatch):
    """Without ranges each connection starts over; the later ones get less far."""
    monkeypatch.setattr(fetch, "_ATTEMPTS", 3)
    home.ranges, home.cuts, home.cut_after = False, 100, 100_000

    def sway():
        home.cut_after = 90_000 if home.cut_after == 100_000 else 100_000

    home.before_cut = sway
    with pytest.raises(UserError, match="cannot be reached"):
        fetch.fetch("some", tmp_path)
    assert home.sent == [100_000, 90_000, 100_000, 90_000]


def test_a_part_that_is_whole_needs_nothing(home, part, tmp_path):
    part.write_bytes(CONTENT)
    run(tmp_path)
    assert home.sent == []


def test_a_home_without_ranges_sends_all_again(home, tmp_path):
    home.ranges, home.cuts, home.cut_after = False, 1, 100_000
    run(tmp_path)
    assert home.sent == [100_000, len(CONTENT)]


def test_redirects_are_followed_with_the_range(home, part, tmp_path):
    """HuggingFace redirects to its file store, which must hear of the range."""
    part.write_bytes(CONTENT[:250_000])
    home.redirects = True
    run(tmp_path)
    assert home.ranges_asked == ["bytes=250000-"]
    assert home.sent == [50_000]


def test_another_content_is_refused_and_a_rerun_mends_it(home, tmp_path):
    home.content = CONTENT[:-1] + b"?"
    with pytest.raises(UserError, match="SHA-256"):
        fetch.fetch("some", tmp_path)
    assert not list(tmp_path.rglob("*.csv*"))
    home.content = CONTENT
    run(tmp_path)


@pytest.mark.parametrize("stale", [b"?" * 1000, CONTENT + b"?"])
def test_a_part_of_something_else_is_refused_and_a_rerun_mends_it(
    home, part, tmp_path, stale
):
    part.write_bytes(stale)
    with pytest.raises(UserError, match="SHA-256"):
        fetch.fetch("some", tmp_path)
    assert not part.exists()
    run(tmp_path)


def test_a_damaged_file_is_fetched_again(home, tmp_path):
    run(tmp_path)
    fetch.local_path(tmp_path, "some", "train").write_bytes(b"damaged")
    run(tmp_path)
    assert home.sent == [len(CONTENT)] * 2


def test_refusals_are_one_sentence(home, tmp_path):
    home.status, home.busy = 404, 99
    with pytest.raises(UserError, match="answers 404"):
        fetch.fetch("some", tmp_path)
    assert home.refused == 1  # asking again would be in vain


@pytest.fixture
def waits(monkeypatch):
    """What is waited for, in seconds, and not waited."""
    waits = []
    monkeypatch.setattr(fetch.time, "sleep", waits.append)
    return waits


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_home_is_asked_again_less_and_less_often(home, tmp_path, status, capsys):
    home.status, home.busy = status, 3
    began = time.monotonic()
    run(tmp_path, 0.05)
    assert 0.05 + 0.1 + 0.2 < time.monotonic() - began < 5
    assert home.refused == 3 and home.sent == [len(CONTENT)]
    assert capsys.readouterr().out.count(f"answers {status}") == 3


def test_a_home_that_stays_busy_is_given_up(home, part, tmp_path, waits, capsys):
    part.write_bytes(CONTENT[:1000])
    home.status, home.busy = 503, 99
    with pytest.raises(UserError, match="answers 503 .*try again later"):
        fetch.fetch("some", tmp_path, 1.0)
    assert home.refused == 5 and waits == [1.0, 2.0, 4.0, 8.0]
    assert capsys.readouterr().out.count("is asked again") == 4
    assert part.read_bytes() == CONTENT[:1000]


@pytest.mark.parametrize(
    ("says", "seconds"), [("7", 7), ("soon", 1), ("0", 0), (formatdate(0), 0)]
)
def test_a_home_may_say_how_long_to_wait(home, tmp_path, waits, says, seconds):
    home.status, home.busy, home.retry_after = 429, 1, says
    run(tmp_path, 1.0)
    assert waits == [seconds]


def test_a_date_to_wait_for_is_understood(home, tmp_path, waits):
    home.status, home.busy = 429, 1
    home.retry_after = formatdate(time.time() + 60, usegmt=True)
    run(tmp_path)
    assert waits == [pytest.approx(60, abs=5)]


def test_a_home_that_asks_for_an_hour_is_given_up(home, tmp_path, waits):
    home.status, home.busy, home.retry_after = 429, 99, "3600"
    with pytest.raises(UserError, match="answers 429 .*try again in 3,600 seconds"):
        fetch.fetch("some", tmp_path)
    assert home.refused == 1 and waits == []


def test_no_connection_ever_keeps_what_came(home, part, tmp_path, monkeypatch):
    """A home that always breaks off after nothing: given up, and nothing is lost."""
    part.write_bytes(CONTENT[:1000])
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(UserError, match="cannot be reached .*goes on where it stopped"):
        fetch.fetch("some", tmp_path)
    assert part.read_bytes() == CONTENT[:1000]


def test_a_folder_that_cannot_be_written_is_named(home, tmp_path):
    (tmp_path / "downloads").write_text("a file in the way")
    with pytest.raises(UserError, match="cannot be written"):
        fetch.fetch("some", tmp_path)


@pytest.mark.skipif(
    not pathlib.Path("/dev/full").exists(), reason="needs a device that is always full"
)
def test_a_full_disk_is_named(home, part, tmp_path):
    part.symlink_to("/dev/full")
    with pytest.raises(UserError, match=f"{os.strerror(errno.ENOSPC)}.*make room"):
        fetch.fetch("some", tmp_path)


def test_an_endpoint_must_be_an_address(home, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "hf-mirror.com")
    with pytest.raises(UserError, match="HF_ENDPOINT is 'hf-mirror.com'"):
        fetch.fetch("some", tmp_path)


def test_progress_tells_bytes_and_time_left(home, part, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(Progress, "_SECONDS_BETWEEN_LINES", 0.0)
    part.write_bytes(CONTENT[:100_000])
    home.ranges = False  # starts over: what lies there counts for nothing
    run(tmp_path)
    lines = [x for x in capsys.readouterr().err.splitlines() if " MB/s" in x]
    assert lines and all(x.startswith("some.csv: 0 of 0 MB at ") for x in lines)
    assert lines[-1].endswith(", 0:00:00 left")


def test_an_unknown_data_set_is_told_the_known():
    with pytest.raises(UserError, match="there are sudoku_extreme, .*conceptarc"):
        fetch.fetch("sudoku-extrem", ".")


def test_what_is_pinned_cannot_move():
    for files in fetch.DATASETS.values():
        for file in files.values():
            if file.sha256 is not None:
                assert len(bytes.fromhex(file.sha256)) == 32
            assert (file.sha256 is None) == ("/main/" in file.address)
