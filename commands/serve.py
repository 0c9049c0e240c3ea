"""`serve`: the run in a workdir behind OpenAI's interface, on this machine."""

from __future__ import annotations

import json
import shlex
import statistics
import sys
import threading
import time

from commands.flag_values import number
from commands.flags import CommandLine
from commands.text_run import TextRun
from data_pipeline.text.rows import encode_prompt
from hrm_jax.signals import StopRequest
from hrm_jax.text.engine import Engine, Request
from hrm_jax.text.server import Server
from hrm_jax.text.service import Service
from hrm_jax.text.speed import Speed

_HOST, _PORT = "127.0.0.1", 8000
_HERE = ("127.0.0.1", "::1", "localhost")
_AT_ONCE = 8
_TRIED = 64
"""Tokens that the speed is measured by."""
_EXAMPLE = {
    "prompt": "Return the larger of a and b.\ndef larger(a: int, b: int) -> int:",
    "temperature": 0,
}
_PATIENCE = 0.25
"""Seconds between two pieces of a stream, as long as a token does not take more."""
_MOMENT = 10.0
"""Seconds for answers under way, when the server ends."""


def run(line: CommandLine) -> int:
    """Serves until Ctrl-C or SIGTERM.

    Returns:
      128 + the signal.

    Raises:
      UserError: there is no run of text, or the server cannot listen.
    """
    values = line.flags
    host = values.host or _HOST
    port = int(number(values, "port", _PORT, whole=True, least=0, most=65_535))
    slots = int(number(values, "workers", _AT_ONCE, whole=True, most=4_096))
    text_run = TextRun.of(line)
    engine = text_run.engine(slots)
    model = text_run.served(text_run.workdir.resolve().name, engine, slots)
    service = model.service
    with Server(model, host, port) as server:
        speed = _tried(engine, slots, text_run)
        # A large model on a small machine streams token by token.
        engine.bound = max(1, min(engine.bound, int(_PATIENCE * speed / slots)))
        print(
            f"{model.name} at step {text_run.step:,}: {slots} answers at once, "
            f"{model.context:,} tokens of context,\n"
            f"{engine.memory_bytes() / 2**20:,.0f} MiB of weights and cache; together "
            f"they have {speed:,.0f} tokens a second.\n"
            f"\n  curl {server.url}/completions -d "
            f"{shlex.quote(json.dumps(_EXAMPLE))}\n\n"
            f"It listens at {server.url}; Ctrl-C ends it.",
            flush=True,
        )
        if host not in _HERE:
            print(f"Whoever reaches {host} may ask: there is no key.", file=sys.stderr)
        with StopRequest("Ending; once more ends at once.") as stop, service:
            _serve(server, service, stop)
    if service.failure is not None:
        raise service.failure
    print(_speed_line(engine), flush=True)
    assert stop.signal is not None, "nothing else ends it"
    return 128 + stop.signal


def _tried(engine: Engine, slots: int, text_run: TextRun) -> float:
    """Tokens a second where all slots are busy, everything being compiled."""
    print("Compiling, the first time for a minute ...", flush=True)
    engine.prepare(ruled=True)
    prompt = encode_prompt(text_run.learned.usual, "", text_run.tokenizer)
    for _ in range(2):
        engine.speed = Speed()
        for _ in engine.run(
            [Request(prompt, _TRIED, 1.0, 1.0, n) for n in range(slots)]
        ):
            pass  # what they say is of no interest
    speed, engine.speed = engine.speed.tokens_per_second, Speed()
    return speed


def _serve(server: Server, service: Service, stop: StopRequest) -> None:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    while stop.signal is None and service.failure is None:
        time.sleep(0.1)
    server.shutdown()
    thread.join()
    if left := server.end(_MOMENT):
        print(f"Answers that were cut off: {left}.", file=sys.stderr)


def _speed_line(engine: Engine) -> str:
    speed = engine.speed
    if not speed.first_seconds:
        return "It was asked nothing."
    return (
        f"Answers: {len(speed.first_seconds):,}; {speed.prompt_tokens:,} tokens read, "
        f"{speed.tokens:,} written in {speed.seconds:.1f} s of work "
        f"({speed.tokens_per_second:,.0f} a second); the first after "
        f"{statistics.median(speed.first_seconds):.2f} s in the median; "
        f"{engine.memory_bytes() / 2**20:,.0f} MiB of weights and cache."
    )
