"""A server of completions on this machine, with a script of what it answers."""

import contextlib
import http.server
import json
import threading


@contextlib.contextmanager
def serving(*script):
    """Serves on a free port.

    Args:
      script: one for each question, the last for all that follow: a text; a status
        code with a body, and headers; bytes as they are; or a function from the
        question to these.

    Yields:
      The address, and the list of questions: path, headers and body.
    """
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers["Content-Length"])
            body = json.loads(self.rfile.read(length))
            asked.append((self.path, self.headers, body))
            step = script[min(len(asked), len(script)) - 1]
            step = step(body) if callable(step) else step
            status, answer, *more = step if isinstance(step, tuple) else (200, step)
            if isinstance(answer, str) and status == 200:
                chat = self.path.endswith("/chat/completions")
                choice = {"message": {"content": answer}} if chat else {"text": answer}
                answer = json.dumps({"choices": [choice]})
            data = answer if isinstance(answer, bytes) else answer.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            for name, value in more[0].items() if more else ():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *about):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
