"""A small repository with a bug, as an instance of SWE-bench, and its container."""

import contextlib
import dataclasses
import pathlib
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

from eval.benchmarks.edits import unified

OLD = "def first(text):\n    return text[1]\n\n\ndef last(text):\n    return text[-1]\n"
NEW = OLD.replace("[1]", "[0]")
GOLD = unified.difference({"words.py": OLD}, {"words.py": NEW})
KEPT = "import words\n\n\ndef test_last():\n    assert words.last('ab') == 'b'\n"
FIRST = "\n\ndef test_first():\n    assert words.first('ab') == 'a'\n"
TESTS = unified.difference(
    {"tests/test_words.py": KEPT}, {"tests/test_words.py": KEPT + FIRST}
)
FAILS, PASSES = "tests/test_words.py::test_first", "tests/test_words.py::test_last"


@dataclasses.dataclass(frozen=True)
class Testbed:
    """Attributes:
    folder: of the repository.
    row: of the instance, in the schema of swebench 5.
    """

    folder: pathlib.Path
    row: dict


def make(folder: pathlib.Path) -> Testbed:
    """A repository before the patch."""
    (folder / "tests").mkdir(parents=True)
    (folder / "words.py").write_text(OLD)
    (folder / "tests" / "test_words.py").write_text(KEPT)

    def git(*words):
        who = ("-c", "user.name=a", "-c", "user.email=a@b")
        line = ["git", *who, *words]
        done = subprocess.run(line, cwd=folder, check=True, capture_output=True)
        return done.stdout.decode().strip()

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "Begin")
    base = git("rev-parse", "HEAD")
    script = f"""\
#!/bin/bash
set -uxo pipefail
cd /testbed
git checkout {base} tests/test_words.py
git apply -v - <<'EOF_114329324912'
{TESTS}
EOF_114329324912
: '>>>>> Start Test Output'
PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 {sys.executable} -B -m pytest -rA tests/test_words.py
: '>>>>> End Test Output'
git checkout {base} tests/test_words.py
"""
    row = {
        "instance_id": "owner__words-1",
        "repo": "owner/words",
        "version": "1.0",
        "base_commit": base,
        "problem_statement": "first() gives the second letter.",
        "patch": GOLD,
        "test_patch": TESTS,
        "FAIL_TO_PASS": f'["{FAILS}"]',
        "PASS_TO_PASS": f'["{PASSES}"]',
        "image": "words:latest",
        "eval_script": script,
        "log_parser": "parse_log_pytest",
        "eval_type": "pass_and_fail",
    }
    return Testbed(folder, row)


@contextlib.contextmanager
def container(testbed: Testbed, copy: pathlib.Path):
    """A fresh container of the instance with swe-rex's server in it.

    Bubblewrap makes it, with the network of this machine for the server's sake: what
    runs in it is the repository above.

    Yields:
      What a fleet's file says of it.
    """
    shutil.copytree(testbed.folder, copy)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(8)
    reading = {sys.prefix, sys.base_prefix, "/usr", "/etc"}
    links = [("usr/bin", "/bin"), ("usr/lib", "/lib"), ("usr/lib64", "/lib64")]
    line = [
        *("bwrap", "--unshare-pid", "--unshare-ipc", "--die-with-parent"),
        *("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"),
        *(word for path in sorted(reading) for word in ("--ro-bind", path, path)),
        *(word for link in links for word in ("--symlink", *link)),
        *("--bind", str(copy), "/testbed", "--setenv", "HOME", "/tmp"),
        *(sys.executable, "-m", "swerex.server", "--host", "127.0.0.1"),
        *("--port", str(port), "--auth-token", token),
    ]
    server = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        _wait(server, port, token)
        address = {"host": "http://127.0.0.1", "port": port, "auth_token": token}
        yield {"type": "remote", "timeout": 10, **address}
    finally:
        server.kill()
        server.communicate()


def _wait(server: subprocess.Popen, port: int, token: str) -> None:
    asked = urllib.request.Request(
        f"http://127.0.0.1:{port}/is_alive", headers={"X-API-Key": token}
    )
    until = time.monotonic() + 30
    while True:
        try:
            urllib.request.urlopen(asked, timeout=5).close()
            return
        except OSError:
            if server.poll() is not None or time.monotonic() > until:
                raise RuntimeError(server.communicate()[0].decode()) from None
            time.sleep(0.05)
