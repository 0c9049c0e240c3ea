"""`serve` answers until a signal ends it."""

import json
import os
import signal
import socket
import threading
import time
import urllib.error
import urllib.request

import pytest

from commands import serve
from hrm_jax.text.learned import Learned


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def ask(url, **fields):
    body = json.dumps(fields).encode() if fields else None
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, body, timeout=60) as answer:
        return json.loads(answer.read())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_with_a_signal(run, untrained_text, number):
    """The process of the tests itself gets the signal, once the server is there."""
    port, heard = free_port(), []

    def client():
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                heard.append(ask(f"http://127.0.0.1:{port}/health"))
                break
            except urllib.error.URLError:
                time.sleep(0.05)
        fields = {"prompt": "a", "model": "scribe:rust", "seed": 1}
        heard.append(ask(f"http://127.0.0.1:{port}/v1/completions", **fields))
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=client)
    thread.start()
    words = (f"--workdir={untrained_text}", f"--port={port}", "--workers=1")
    code, out, err = run("serve", *words)
    thread.join()
    assert code == 128 + number
    health, answer = heard
    assert health == {"status": "ok"}
    assert answer["system_fingerprint"].startswith("step 7 ")
    assert f"http://127.0.0.1:{port}/v1" in out and "tokens a second" in out
    assert "Answers: 1; " in out and out.count("MiB of weights and cache") == 2
    assert err.strip() == "Ending; once more ends at once." or not err


def test_it_offers_what_the_run_has_learned(run, taught, monkeypatch):
    offered = []

    def listen(server, service, stop):
        offered.append(server.model.learned)
        stop.signal = signal.SIGTERM

    monkeypatch.setattr(serve, "_serve", listen)
    flag = f"--workdir={taught(languages=('go',))}"
    assert run("serve", flag, "--port=0", "--workers=1")[0] == 128 + signal.SIGTERM
    assert offered == [Learned(("go",), holes=False)]


def test_mistakes_are_named(run, untrained_text):
    flag = f"--workdir={untrained_text}"
    code, _, err = run("serve", flag, "--port=70000")
    assert code == 2 and "--port is '70000'" in err
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, _, err = run("serve", flag, f"--port={port}", "--workers=1")
    assert code == 2 and f"cannot listen to 127.0.0.1, port {port}" in err
    assert run("serve")[0] == 2
