"""Downloads from a real HTTP server, with all that can go wrong on the way."""

import hashlib
import http.server
import threading

import numpy as np
import pytest

from data_pipeline import fetch
from data_pipeline.schema import UserError

CONTENT = np.random.default_rng(0).bytes(300_000)


class Home(http.server.ThreadingHTTPServer):
    """Serves `content` for every address; the attributes say how it misbehaves."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = CONTENT
        self.cut_after = None  # bytes after which the next connections break off
        self.cuts = 0
        self.ranges = True
        self.redirects = False
        self.status = None
        self.sent = []  # bytes of each answer


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        home = self.server
        if home.status:
            return self.send_error(home.status)
        if home.redirects and not self.path.startswith("/cdn"):
            self.send_response(302)
            self.send_header("Location", "/cdn" + self.path)
            self.send_header("Content-Length", "0")
            return self.end_headers()
        wanted = self.headers.get("Range") if home.ranges else None
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        if start >= len(home.content):
            return self.send_error(416)
        rest = home.content[start:]
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        if home.cuts:
            home.cuts -= 1
            rest = rest[: home.cut_after]
        home.sent.append(len(rest))
        self.wfile.write(rest)
        self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture
def home(monkeypatch):
    with Home() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}/")
        file = fetch.File("sets/some.csv", hashlib.sha256(CONTENT).hexdigest())
        monkeypatch.setitem(fetch.DATASETS, "some", {"train": file})
        yield server
        server.shutdown()
        thread.join()


def run(tmp_path):
    (path,) = fetch.fetch("some", tmp_path)
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


def test_an_interrupted_run_goes_on(home, tmp_path):
    part = fetch.local_path(tmp_path, "some", "train").with_name("some.csv.part")
    part.parent.mkdir(parents=True)
    part.write_bytes(CONTENT[:250_000])
    run(tmp_path)
    assert home.sent == [50_000]


def test_a_part_that_is_whole_needs_nothing(home, tmp_path):
    part = fetch.local_path(tmp_path, "some", "train").with_name("some.csv.part")
    part.parent.mkdir(parents=True)
    part.write_bytes(CONTENT)
    run(tmp_path)
    assert home.sent == []


def test_a_home_without_ranges_sends_all_again(home, tmp_path):
    home.ranges, home.cuts, home.cut_after = False, 1, 100_000
    run(tmp_path)
    assert home.sent == [100_000, len(CONTENT)]


def test_redirects_are_followed(home, tmp_path):
    home.redirects = True
    run(tmp_path)


def test_another_content_is_refused_and_a_rerun_mends_it(home, tmp_path):
    home.content = CONTENT[:-1] + b"?"
    with pytest.raises(UserError, match="SHA-256"):
        fetch.fetch("some", tmp_path)
    assert not list(tmp_path.rglob("*.csv*"))
    home.content = CONTENT
    run(tmp_path)


def test_a_damaged_file_is_fetched_again(home, tmp_path):
    run(tmp_path)
    fetch.local_path(tmp_path, "some", "train").write_bytes(b"damaged")
    run(tmp_path)
    assert home.sent == [len(CONTENT)] * 2


def test_refusals_are_one_sentence(home, tmp_path):
    home.status = 404
    with pytest.raises(UserError, match="answers 404"):
        fetch.fetch("some", tmp_path)


def test_no_connection_ever_keeps_what_came(home, tmp_path, monkeypatch):
    """A home that always breaks off after nothing: given up, and nothing is lost."""
    part = fetch.local_path(tmp_path, "some", "train").with_name("some.csv.part")
    part.parent.mkdir(parents=True)
    part.write_bytes(CONTENT[:1000])
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(UserError, match="cannot be reached .*goes on where it stopped"):
        fetch.fetch("some", tmp_path)
    assert part.read_bytes() == CONTENT[:1000]


def test_a_folder_that_cannot_be_written_is_named(home, tmp_path):
    (tmp_path / "downloads").write_text("a file in the way")
    with pytest.raises(UserError, match="cannot be written"):
        fetch.fetch("some", tmp_path)


def test_an_unknown_data_set_names_the_nearest():
    with pytest.raises(UserError, match="did you mean sudoku_extreme"):
        fetch.fetch("sudoku-extrem", ".")


def test_the_published_sources_are_pinned():
    for files in fetch.DATASETS.values():
        for file in files.values():
            assert len(bytes.fromhex(file.sha256)) == 32
            assert "/main/" not in file.address
