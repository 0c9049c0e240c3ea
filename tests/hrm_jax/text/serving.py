"""A small model behind a server of this machine, and how it is asked."""

import contextlib
import http.client
import json
import threading

from data_pipeline.text.tokenizer import LEAST_VOCABULARY, Tokenizer
from hrm_jax.text.learned import Learned
from hrm_jax.text.server import Server
from tests.hrm_jax.models.text import plain

TOKENIZER = Tokenizer.train([], LEAST_VOCABULARY)
CONFIG = plain(vocab_size=LEAST_VOCABULARY, seq_len=64, l_layers=1)
SLOTS = 2
PROMPT = "abc"
LEARNED = Learned(("go", "python", "rust"), holes=True)


@contextlib.contextmanager
def listening(model):
    with Server(model, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def over_http(server, path, method, body, headers):
    connection = http.client.HTTPConnection(*server.server_address, timeout=60)
    with contextlib.closing(connection):
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
    if answer.headers["Content-Type"] == "text/event-stream":
        events = text.decode().removesuffix("\n\n").split("\n\n")
        assert events.pop() == "data: [DONE]"
        return answer.status, [json.loads(e.removeprefix("data: ")) for e in events]
    return answer.status, json.loads(text) if text else None
