"""Two programs that talk to each other."""

import dataclasses
import os
import threading
import time

import pytest

from eval.sandbox import tiers
from eval.sandbox.limits import MIB, RUNNING
from eval.sandbox.sandbox import Cancelled
from tests.eval.sandbox.programs import program

SHORT = dataclasses.replace(RUNNING, wall_seconds=1)
FOREVER = "while True: pass"
ECHO = """
import sys
for line in sys.stdin: print(line.strip().upper(), flush=True)
"""
ASK = """
import sys
print("one", flush=True); first = input()
print("two", flush=True); second = input()
sys.stderr.write(first + second)
"""


def test_each_reads_what_the_other_writes(sandbox):
    asked, answered = sandbox.converse(program("python", ASK), program("python", ECHO))
    assert asked.succeeded and asked.stderr == b"ONETWO"
    assert asked.stdout == answered.stdout == b""


@pytest.mark.slow
def test_much_goes_both_ways(sandbox):
    text = "import os\nos.write(1, b'x' * 2 ** 21)"
    gather = """
import os, sys
size = 0
while size < 2 ** 21: size += len(os.read(0, 2 ** 16))
os.write(1, b"y" * 2 ** 21)
"""
    answer = gather.replace("os.write", "import time; time.sleep(0.2); os.write")
    asking = text + gather.replace(
        'os.write(1, b"y" * 2 ** 21)', "sys.stderr.write(str(size))"
    )
    asked, answered = sandbox.converse(
        program("python", asking), program("python", answer)
    )
    assert asked.succeeded and asked.stderr == b"2097152"


def test_answering_program_ends_with_the_asking_one(sandbox):
    asked, answered = sandbox.converse(
        program("python", "print('hello')"), program("python", FOREVER)
    )
    assert asked.succeeded
    assert (answered.signal, answered.limit) == (9, None)
    assert answered.wall_seconds < 5


@pytest.mark.parametrize("ending", ["raise SystemExit(3)", "os.kill(0, 9)"])
def test_asking_program_may_finish_alone(sandbox, ending):
    """Also while it writes more than any pipe takes."""
    asking = """
import select, sys, os
os.set_blocking(1, False)
while not select.select([0], [], [], 0.01)[0]:
    try: os.write(1, b"x" * 4096)
    except BlockingIOError: pass
sys.stderr.write(repr(os.read(0, 100)))
"""
    asked, answered = sandbox.converse(
        program("python", asking), program("python", f"import os\n{ending}")
    )
    assert asked.succeeded and asked.stderr == b"b''"
    assert answered.exit_code != 0 and answered.limit is None


@pytest.mark.parametrize("slow", [0, 1])
def test_time_ends_for_each(sandbox, slow):
    both = [program("python", "input()"), program("python", "input()")]
    both[slow] = program("python", FOREVER)
    limits = [RUNNING, RUNNING]
    limits[slow] = SHORT
    outcomes = sandbox.converse(*both, *limits)
    assert outcomes[slow].limit == "wall" and not outcomes[1 - slow].succeeded
    assert max(outcome.wall_seconds for outcome in outcomes) < 5


def test_what_is_said_counts_as_output(sandbox):
    talk = "import os\nwhile True: os.write(1, b'x' * 65536)"
    listen = """
import os, sys
size = 0
while chunk := os.read(0, 65536): size += len(chunk)
sys.stderr.write(str(size))
"""
    limits = dataclasses.replace(RUNNING, output_bytes=MIB)
    asked, answered = sandbox.converse(
        program("python", listen), program("python", talk), RUNNING, limits
    )
    assert asked.succeeded and int(asked.stderr) <= MIB
    assert answered.limit == "output" and answered.stdout_truncated


def test_talker_waits_for_a_reader(sandbox):
    talk = "import os\nwhile True: os.write(1, b'x' * 65536)"
    asked, answered = sandbox.converse(
        program("python", "import time; time.sleep(0.5)"), program("python", talk)
    )
    assert asked.succeeded and not answered.stdout_truncated
    assert answered.cpu_seconds < 0.4


LOOK = """
import glob, os, sys
for number in range(3, 600):
    try: os.fstat(number); print("descriptor", number, file=sys.stderr)
    except OSError: pass
for path in glob.glob("/proc/[0-9]*"):
    try: print(open(path + "/cmdline", "rb").read(), file=sys.stderr)
    except OSError: pass
for root in ("/tmp", "."):
    for folder, _, names in os.walk(root):
        for name in names: print(folder, name, file=sys.stderr)
"""


def test_neither_finds_the_other(sandbox):
    """With files, processes or descriptors."""
    sleep, word = "import time; time.sleep(0.5)", "swordfish"
    asking = program("python", sleep, word, secret=word)
    _, answered = sandbox.converse(asking, program("python", LOOK))
    assert answered.exit_code == 0
    assert b"main.py" in answered.stderr
    for word in (b"secret", b"swordfish", b"descriptor"):
        assert word not in answered.stderr


@pytest.mark.slow
def test_neither_ends_the_other(sandbox):
    kill = """
import os, signal
for pid in [-1, *range(2, 70000)]:
    if pid != os.getpid():
        try: os.kill(pid, signal.SIGKILL)
        except OSError: pass
print("tried", flush=True)
"""
    asked, _ = sandbox.converse(
        program("python", "import sys; sys.stderr.write(input())"),
        program("python", kill),
    )
    assert asked.stderr == b"tried"


def test_one_that_does_not_compile_ends_both(sandbox, speaks):
    speaks("cpp")
    outcomes = sandbox.converse(program("python", ASK), program("cpp", "no program"))
    assert {outcome.phase for outcome in outcomes} == {"compile"}


def test_nothing_is_left(sandbox):
    def descriptors():
        return len(os.listdir("/proc/self/fd"))

    both = program("python", ASK), program("python", ECHO)
    sandbox.converse(*both)
    before = descriptors()
    for _ in range(3):
        sandbox.converse(*both)
    assert descriptors() == before


def test_cancelling_ends_both(processes, cache):
    word = f"conversing-{os.getpid()}"
    both = [program("python", FOREVER, word)] * 2
    with tiers.open_sandbox(cache=cache) as fresh:
        threading.Timer(0.5, fresh.cancel).start()
        began = time.monotonic()
        with pytest.raises(Cancelled):
            fresh.converse(*both)
        assert time.monotonic() - began < 5 and not processes(word)
