"""What a program may not touch: files, networks, processes and the kernel."""

import os
import pathlib
import socket
import subprocess
import sys
import tempfile

import pytest

from tests.eval.sandbox.programs import program


@pytest.fixture
def folder():
    """A folder of the harness that everybody may write to."""
    with tempfile.TemporaryDirectory(dir="/tmp") as path:
        os.chmod(path, 0o777)
        yield pathlib.Path(path)


def test_nothing_outside_is_written(sandbox, folder):
    (folder / "there").write_text("before")
    os.chmod(folder / "there", 0o666)
    text = """
import os, shutil, sys
folder = sys.argv[1]
os.symlink(folder, "link")
for path in (folder, "link", "/proc/self/cwd/../.." + folder, "../../" + folder):
    for name in ("there", "new"):
        for act in (
            lambda: open(f"{path}/{name}", "w").write("after"),
            lambda: os.mkdir(f"{path}/{name}.d"),
            lambda: os.truncate(f"{path}/{name}", 0),
            lambda: os.unlink(f"{path}/{name}"),
            lambda: os.rename("main.py", f"{path}/{name}"),
            lambda: os.symlink("/", f"{path}/{name}"),
            lambda: os.mkfifo(f"{path}/{name}.p"),
        ):
            try: act()
            except OSError: pass
"""
    assert sandbox.run(program("python", text, str(folder))).exit_code == 0
    assert [path.name for path in folder.iterdir()] == ["there"]
    assert (folder / "there").read_text() == "before"


def test_system_is_read_only(sandbox):
    text = """
for path in ("/usr", "/usr/bin", "/etc", "/dev", "/", "/proc/sys/kernel", "/lib"):
    try:
        open(path + "/written", "w")
        print(path)
    except OSError:
        pass
"""
    assert sandbox.run(program("python", text)).stdout == b""


def test_network_is_out_of_reach(sandbox):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        text = """
import socket, sys
for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
    for family in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK, socket.AF_VSOCK):
        try:
            one = socket.socket(family, kind)
            one.connect(("127.0.0.1", int(sys.argv[1])))
            print("connected")
        except OSError as error:
            pass
print("tried")
"""
        port = str(server.getsockname()[1])
        assert sandbox.run(program("python", text, port)).stdout == b"tried\n"
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.parametrize("abstract", [False, True], ids=["path", "abstract"])
def test_unix_sockets_are_out_of_reach(sandbox, folder, abstract):
    address = f"\0{folder}" if abstract else str(folder / "socket")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        if not abstract:
            os.chmod(address, 0o777)
        server.listen()
        text = """
import os, socket, sys
try:
    socket.socket(socket.AF_UNIX).connect(os.fsdecode(bytes.fromhex(sys.argv[1])))
    print("connected")
except OSError:
    print("refused")
"""
        one = program("python", text, address.encode().hex())
        assert sandbox.run(one).stdout == b"refused\n"


def test_pairs_of_sockets_work(sandbox):
    """Event loops need them, and they lead nowhere else."""
    text = "import asyncio; asyncio.run(asyncio.sleep(0)); print('ran')"
    assert sandbox.run(program("python", text)).stdout == b"ran\n"


def test_signals_reach_nobody_outside(sandbox):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1) as victim:
        pids = [victim.pid, os.getpid()]
        text = """
import os, resource, signal, sys
for pid in [*map(int, sys.argv[1:]), os.getppid(), 1]:
    for act in (
        lambda: os.kill(pid, signal.SIGKILL),
        lambda: signal.pidfd_send_signal(os.pidfd_open(pid), signal.SIGKILL),
        lambda: resource.prlimit(pid, resource.RLIMIT_CPU, (0, 0)),
        lambda: os.setpriority(os.PRIO_PROCESS, pid, 19),
        lambda: os.killpg(os.getpgid(pid), signal.SIGKILL),
    ):
        try: act()
        except OSError: pass
os.kill(-1, signal.SIGKILL)
print("tried", flush=True)
os.killpg(0, signal.SIGKILL)
"""
        outcome = sandbox.run(program("python", text, *map(str, pids)))
        assert outcome.exit_code != 0
        assert victim.poll() is None
        victim.kill()
    assert sandbox.run(program("python", "print(1)")).stdout == b"1\n"


def test_no_privilege_is_gained(sandbox):
    text = """
import os, subprocess
status = open("/proc/self/status").read()
for name in ("NoNewPrivs", "Seccomp", "CapEff", "CapPrm", "CapBnd", "CapAmb"):
    print(name, status.split(name + ":")[1].split()[0])
for act in (lambda: os.setuid(0), lambda: os.setgid(0), lambda: os.chroot(".")):
    try:
        act(); print("done")
    except OSError:
        pass
print(os.getuid() != 0)
"""
    lines = sandbox.run(program("python", text)).stdout.decode().splitlines()
    values = dict(line.split() for line in lines[:-1])
    assert values.pop("CapBnd")  # of no use without the others
    assert (values.pop("NoNewPrivs"), values.pop("Seccomp")) == ("1", "2")
    assert {int(value, 16) for value in values.values()} == {0}
    assert lines[-1] == "True"
