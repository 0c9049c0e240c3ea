"""A visitor of the page, and a server that offers it."""

import functools
import http.server
import threading
import time


class Server(http.server.ThreadingHTTPServer):
    """Offers a folder, and remembers what was asked for."""

    daemon_threads = True

    def __init__(self, folder, headers=()):
        super().__init__(("127.0.0.1", 0), functools.partial(Files, directory=folder))
        self.headers = dict(headers)
        self.address = f"http://127.0.0.1:{self.server_port}/"
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def __exit__(self, *error):
        self.shutdown()
        super().__exit__(*error)


class Files(http.server.SimpleHTTPRequestHandler):
    server: Server

    def end_headers(self):
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *_):
        pass


class Visit:
    """A visitor's eyes and hands; whatever goes wrong in the page fails the test."""

    def __init__(self, browser, address, before="", **options):
        self.context = browser.new_context(**options)
        self.context.add_init_script(before)
        self.page = self.context.new_page()
        self.requests, self.errors = [], []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(address)
        self.until("document.body.dataset.backend")
        self.until("globalThis.page.tokens.some((token) => token > 2)")
        self.until("!document.getElementById('message').textContent")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.context.close()
        assert kind or not self.errors

    def until(self, holds, seconds=60):
        # Not by wait_for_function: the page forbids to make code of strings.
        end = time.monotonic() + seconds
        while not self.page.evaluate(holds):
            assert time.monotonic() < end, f"{holds}: {self.says}"
            self.page.wait_for_timeout(20)

    @property
    def says(self):
        return self.page.text_content("#message").replace("\u00a0", " ")

    @property
    def board(self):
        return self.page.evaluate("page.puzzle.decode(page.tokens)")

    @property
    def shown(self):
        """Sign of each cell."""
        return self.page.locator("#board .sign").all_text_contents()

    def put(self, text):
        """Pastes a board."""
        self.page.evaluate(
            """(text) => {
              const clipboardData = new DataTransfer();
              clipboardData.setData("text", text);
              document.body.dispatchEvent(
                new ClipboardEvent("paste", { clipboardData, bubbles: true }));
            }""",
            text,
        )

    def solve(self):
        self.page.click("#solve")
        kind = "document.getElementById('message').dataset.kind"
        self.until(f"['right', 'wrong'].includes({kind})")
        return self.page.evaluate(kind)
