"""What a program may not read: everything but the system, its files and its input."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import pytest

import eval.sandbox as package
from eval.sandbox import tiers
from eval.sandbox.limits import COMPILING
from eval.sandbox.program import Command
from tests.eval.sandbox.conftest import HOLDING, skip_without
from tests.eval.sandbox.programs import program

WORD = "swordfish"


@pytest.fixture
def secret():
    """A file that everybody may read."""
    with tempfile.NamedTemporaryFile(dir="/tmp", buffering=0) as file:
        file.write(WORD.encode())
        os.chmod(file.name, 0o644)
        yield pathlib.Path(file.name)


@pytest.fixture
def neighbour():
    """A process with a secret in its command line and its environment."""
    with subprocess.Popen(
        [sys.executable, "-c", "input()", WORD],
        stdin=subprocess.PIPE,
        env={"SECRET": WORD},
    ) as process:
        yield process.pid
        process.kill()


READ_ALL = """
import sys
for path in sys.argv[1:]:
    try:
        print(open(path, "rb").read(10 ** 6))
    except OSError as error:
        print("refused")
"""


def test_files_of_the_harness_are_not_there(sandbox, secret):
    own = pathlib.Path(package.__file__ or "").resolve()
    paths = [str(secret), str(own), __file__, f"/proc/self/root{secret}", "/etc/passwd"]
    outcome = sandbox.run(program("python", READ_ALL, *paths))
    assert outcome.stdout.split() == [b"refused"] * len(paths)


def test_links_do_not_lead_to_them(sandbox, secret):
    text = f"""
import os
for make in (os.symlink, os.link):
    try:
        make({str(secret)!r}, make.__name__)
        print(open(make.__name__).read())
    except OSError:
        print("refused")
"""
    assert sandbox.run(program("python", text)).stdout == b"refused\n" * 2


def test_folders_of_the_harness_cannot_be_listed(sandbox, secret):
    text = """
import os, sys
for path in sys.argv[1:]:
    try:
        print(os.listdir(path))
    except OSError:
        print("refused")
"""
    paths = [
        "/root",
        "/home",
        str(pathlib.Path(__file__).parent),
        "/tmp",
        "/proc/1/cwd",
    ]
    outcome = sandbox.run(program("python", text, *paths))
    assert secret.name.encode() not in outcome.stdout
    assert b"test_" not in outcome.stdout


def test_other_processes_tell_nothing(sandbox, neighbour):
    """Neither by number nor by search; the harness is one of them."""
    text = """
import glob, os, sys
for pid in [*sys.argv[1:], *map(os.path.basename, glob.glob("/proc/[0-9]*"))]:
    for what in ("cmdline", "environ", "maps", "status", "cwd/x", "fd/0"):
        try:
            print(open(f"/proc/{pid}/{what}", "rb").read())
        except OSError:
            pass
    try:
        print(os.listdir(f"/proc/{pid}/fd"), os.readlink(f"/proc/{pid}/exe"))
    except OSError:
        pass
"""
    pids = [str(neighbour), str(os.getpid()), str(os.getppid())]
    outcome = sandbox.run(program("python", text, *pids))
    assert outcome.exit_code == 0
    assert WORD.encode() not in outcome.stdout and b"pytest" not in outcome.stdout


def test_command_line_and_environment_hold_its_own_words_alone(sandbox, monkeypatch):
    monkeypatch.setenv("SECRET", WORD)
    text = """
import os, sys
print(open("/proc/self/cmdline", "rb").read().split(b"\\0")[-2:-1], sys.argv)
print(sorted(os.environ))
"""
    outcome = sandbox.run(program("python", text, "own"))
    assert outcome.stdout.splitlines()[0] == b"[b'own'] ['main.py', 'own']"
    known = {"HOME", "LANG", "LC_CTYPE", "PATH", "PWD", "PYTHONHASHSEED", "TMPDIR"}
    assert set(eval(outcome.stdout.splitlines()[1])) <= known


@pytest.mark.parametrize("tier", HOLDING, ids=lambda tier: tier.name.lower())
def test_descriptors_are_not_inherited(tier, secret, cache):
    skip_without(tier)
    text = """
import os
found = []
for number in range(3, 2000):
    try:
        os.fstat(number); found.append(number)
    except OSError:
        pass
print(found)
"""
    with secret.open() as file:
        os.set_inheritable(file.fileno(), True)
        with tiers.open_sandbox(only=tier, cache=cache) as fresh:
            assert fresh.run(program("python", text)).stdout == b"[]\n"


def test_folder_that_is_shown_can_be_read_only(sandbox):
    """At its own path, also in /tmp."""
    folder = pathlib.Path(tempfile.mkdtemp(dir="/tmp"))
    (folder / "given").write_text(WORD)
    folder.chmod(0o777)
    script = f"cat {folder}/given; echo more > {folder}/given || echo refused"
    command = Command(("/bin/sh", "-c", script), readable=(str(folder),))
    assert sandbox.execute(command).stdout == b"swordfishrefused\n"
    shutil.rmtree(folder)


def test_two_programs_do_not_see_each_other(sandbox):
    """Not even one after the other, in what is the same place for both."""
    text = "import os; print(os.listdir()); open('left', 'w').close()"
    one = program("python", text)
    assert sandbox.run(one).stdout == sandbox.run(one).stdout == b"['main.py']\n"


def test_compiler_cannot_read_them(sandbox, speaks, secret):
    speaks("cpp")
    text = f'#include "{secret}"\nint main() {{}}'
    outcome = sandbox.run(program("cpp", text), compiling=COMPILING)
    assert outcome.phase == "compile" and WORD.encode() not in outcome.stderr
