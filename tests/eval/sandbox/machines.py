"""Real servers of swe-rex on this machine, as those of a fleet."""

import contextlib
import dataclasses
import json
import os
import socket
import subprocess
import sys
import time

TOKEN = "open-sesame"


@dataclasses.dataclass(frozen=True)
class Server:
    """Attributes:
    process: of the server.
    port: that it serves on, of this machine alone.
    """

    process: subprocess.Popen
    port: int

    @property
    def entry(self):
        """Of the file of a fleet."""
        return {
            "type": "remote",
            "host": "http://127.0.0.1",
            "port": self.port,
            "auth_token": TOKEN,
        }


def free_port():
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        return chosen.getsockname()[1]


@contextlib.contextmanager
def serving(count, cache, **environment):
    """Starts servers, whose programs are compiled into a folder."""
    found = []
    try:
        for _ in range(count):
            port = free_port()
            words = ["--host=127.0.0.1", f"--port={port}", f"--auth-token={TOKEN}"]
            process = subprocess.Popen(
                [sys.executable, "-m", "swerex.server", *words],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "XDG_CACHE_HOME": str(cache), **environment},
            )
            found.append(Server(process, port))
        for server in found:
            _wait(server)
        yield found
    finally:
        for server in found:
            server.process.kill()
            server.process.wait()


def _wait(server):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.process.poll() is None:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", server.port), 1).close()
            return
        time.sleep(0.05)
    raise AssertionError("the server does not start")


def written(folder, entries):
    """A file of a fleet."""
    path = folder / "fleet.json"
    path.write_text(json.dumps(entries))
    return path
