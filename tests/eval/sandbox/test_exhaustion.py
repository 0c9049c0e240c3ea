"""Programs that take all there is get their limit, and nothing is left of them."""

import dataclasses
import os
import shutil

from eval.sandbox.limits import MIB, RUNNING
from eval.sandbox.program import Command
from tests.eval.sandbox.programs import program

ME = os.getpid()
FEW = dataclasses.replace(RUNNING, processes=20, wall_seconds=3)


def test_fork_bomb_ends_at_the_limit(sandbox, processes):
    text = """
import os
while True:
    try: os.fork()
    except OSError: pass
"""
    outcome = sandbox.run(program("python", text, f"fork-bomb-{ME}"), limits=FEW)
    assert outcome.limit in ("wall", "cpu") and not processes(f"fork-bomb-{ME}")


def test_processes_are_counted(sandbox):
    text = """
import os, time
children = 0
try:
    while True:
        if not os.fork(): time.sleep(60)
        children += 1
except OSError:
    print(children, flush=True)
"""
    outcome = sandbox.run(program("python", text), limits=FEW)
    assert 15 <= int(outcome.stdout) < 20
    assert outcome.wall_seconds < 3


def test_threads_are_counted(sandbox):
    text = """
import threading
wait = threading.Event()
started = 0
try:
    while True:
        threading.Thread(target=wait.wait, daemon=True).start()
        started += 1
except RuntimeError:
    print(started)
"""
    assert int(sandbox.run(program("python", text), limits=FEW).stdout) < 20


def test_daemon_ends_with_the_program(sandbox, processes):
    text = """
import os, time
if not os.fork():
    try: os.setsid()
    except OSError: pass
    if not os.fork():
        os.closerange(0, 3)
        time.sleep(60)
    os._exit(0)
os.wait()
print('gone')
"""
    outcome = sandbox.run(program("python", text, f"daemon-{ME}"))
    assert outcome.stdout == b"gone\n" and outcome.succeeded
    assert outcome.wall_seconds < 5 and not processes(f"daemon-{ME}")


def test_child_that_holds_the_output_is_not_waited_for(sandbox, processes):
    text = "import os, time\nif not os.fork(): time.sleep(60)\nprint('done')"
    outcome = sandbox.run(program("python", text, f"holding-{ME}"))
    assert outcome.stdout == b"done\n" and outcome.wall_seconds < 5
    assert not processes(f"holding-{ME}")


def test_memory_is_counted_over_processes(sandbox):
    """Each keeps its own limit; together they do not."""
    text = """
import os, time
for _ in range(4):
    if not os.fork():
        data = bytearray(os.urandom(1)) * (60 * 2 ** 20)
        time.sleep(60)
time.sleep(60)
"""
    limits = dataclasses.replace(RUNNING, memory_bytes=128 * MIB)
    outcome = sandbox.run(program("python", text), limits=limits)
    assert outcome.limit == "memory" and outcome.wall_seconds < 9


def test_shared_memory_is_counted_once(sandbox):
    text = """
import os, time
data = bytearray(os.urandom(1)) * (80 * 2 ** 20)
for _ in range(8):
    if not os.fork(): time.sleep(0.5); os._exit(0)
time.sleep(0.5)
"""
    limits = dataclasses.replace(RUNNING, memory_bytes=192 * MIB)
    assert sandbox.run(program("python", text), limits=limits).succeeded


def test_open_files_are_counted(sandbox):
    text = """
import os
try:
    while True: last = os.dup(1)
except OSError:
    print(last)
"""
    assert sandbox.run(program("python", text)).stdout == b"511\n"


def test_infinite_loop_ends_with_its_cpu_time(sandbox):
    limits = dataclasses.replace(RUNNING, cpu_seconds=1, wall_seconds=60)
    outcome = sandbox.run(program("python", "while True: pass"), limits=limits)
    assert outcome.limit == "cpu" and not outcome.succeeded
    assert 0.5 < outcome.cpu_seconds < 3


def test_cpu_time_is_counted_over_processes(sandbox):
    text = "import os\nfor _ in range(3): os.fork()\nwhile True: pass"
    limits = dataclasses.replace(RUNNING, cpu_seconds=1, wall_seconds=60)
    outcome = sandbox.run(program("python", text), limits=limits)
    assert outcome.limit == "cpu" and outcome.cpu_seconds < 4


FILL = """
import os, sys
written, places = 0, ["/", "/dev", "/dev/shm", "/tmp", "/run", "/var/tmp", "/etc", "."]
for place in places:
    try:
        for number in range(10 ** 6):
            with open(f"{place}/filling-{number}", "wb") as file:
                written += file.write(bytes(2 ** 20))
    except OSError:
        pass
    print(written, flush=True)
"""


def test_disk_fills_to_the_limit_only(sandbox):
    limits = dataclasses.replace(RUNNING, disk_bytes=32 * MIB, memory_bytes=256 * MIB)
    free = shutil.disk_usage("/tmp").free
    outcome = sandbox.run(program("python", FILL), limits=limits)
    written = [int(line) for line in outcome.stdout.split()]
    if outcome.limit == "disk":  # looked at from time to time
        assert outcome.exit_code is None
    else:  # and the memory that is shared
        assert written[-1] <= (32 + 16 + 1) * MIB
    assert shutil.disk_usage("/tmp").free > free - 2**30


def test_empty_files_count_too(sandbox):
    text = """
for number in range(10 ** 9):
    try: open(f"empty-{number}", "wb").close()
    except OSError: break
"""
    limits = dataclasses.replace(RUNNING, disk_bytes=MIB, cpu_seconds=60)
    outcome = sandbox.run(program("python", text), limits=limits)
    assert outcome.limit == "disk" and outcome.wall_seconds < 10


def test_deep_and_closed_folders_are_removed(sandbox):
    text = """
import os
for _ in range(1500):
    os.mkdir("d"); os.chdir("d")
os.chmod(".", 0)
"""
    assert sandbox.run(program("python", text)).succeeded
    assert sandbox.run(program("python", "print(1)")).stdout == b"1\n"


def test_file_ends_at_the_limit(sandbox):
    limits = dataclasses.replace(RUNNING, file_bytes=MIB)
    command = Command(("/bin/sh", "-c", "exec head -c 9999999 /dev/zero > file"))
    outcome = sandbox.execute(command, limits=limits)
    assert (outcome.limit, outcome.signal) == ("file", 25)
