"""A home of data sets that misbehaves as it is told."""

import hashlib
import http.server
import threading

import numpy as np
import pytest

from data_pipeline import fetch

CONTENT = np.random.default_rng(0).bytes(300_000)


class Home(http.server.ThreadingHTTPServer):
    """Serves `content` for every address but those of `pages`; the other attributes say
    how it misbehaves."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = CONTENT
        self.pages = {}  # content of some addresses
        self.tokens = []  # what requests were authorized by
        self.cut_after = None  # bytes after which the next connections break off
        self.cuts = 0
        self.before_cut = lambda: None
        self.ranges = True
        self.redirects = False
        self.status = None
        self.busy = 0  # requests that are answered by `status` before all is well
        self.retry_after = None
        self.refused = 0
        self.ranges_asked = []
        self.sent = []  # bytes of each answer


class Handler(http.server.BaseHTTPRequestHandler):
    server: Home

    def do_GET(self):
        home = self.server
        if home.status and home.refused < home.busy:
            home.refused += 1
            self.send_response(home.status)
            if home.retry_after is not None:
                self.send_header("Retry-After", home.retry_after)
            self.send_header("Content-Length", "0")
            return self.end_headers()
        if home.redirects and not self.path.startswith("/cdn"):
            self.send_response(302)
            self.send_header("Location", "/cdn" + self.path)
            self.send_header("Content-Length", "0")
            return self.end_headers()
        home.ranges_asked.append(self.headers.get("Range"))
        home.tokens.append(self.headers.get("Authorization"))
        content = home.pages.get(self.path, home.content)
        wanted = self.headers.get("Range") if home.ranges else None
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        if start >= len(content):
            return self.send_error(416)
        rest = content[start:]
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        cut = home.cuts > 0
        if cut:
            home.cuts -= 1
            rest = rest[: home.cut_after]
        home.sent.append(len(rest))
        self.wfile.write(rest)
        if cut:
            home.before_cut()
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
