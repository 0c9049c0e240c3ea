"""Real servers of swe-rex on this machine, as those of a fleet."""

import contextlib
import dataclasses
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

TOKEN = "open-sesame"


@dataclasses.dataclass(frozen=True)
class Server:
    """Attributes:
    process: of the server.
    port: that it serves on, of this machine alone.
    folder: for its temporary files.
    """

    process: subprocess.Popen
    port: int
    folder: pathlib.Path

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
    """Starts servers; what they leave, killed as they are, is removed.

    Args:
      cache: folder for compiled programs.
    """
    found = []
    folder = tempfile.mkdtemp(prefix="hrm-jax-servers-", dir="/tmp")
    os.chmod(folder, 0o711)
    places = {"XDG_CACHE_HOME": str(cache), "TMPDIR": folder}
    try:
        for _ in range(count):
            port = free_port()
            words = ["--host=127.0.0.1", f"--port={port}", f"--auth-token={TOKEN}"]
            process = subprocess.Popen(
                [sys.executable, "-m", "swerex.server", *words],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **places, **environment},
            )
            found.append(Server(process, port, pathlib.Path(folder)))
        for server in found:
            _wait(server)
        yield found
    finally:
        for server in found:
            server.process.kill()
            server.process.wait()
        shutil.rmtree(folder, ignore_errors=True)


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
