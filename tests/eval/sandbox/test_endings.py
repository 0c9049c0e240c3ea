"""How programs end, and how they pretend to."""

import dataclasses
import signal
import time

import pytest

from eval.sandbox.limits import MIB, RUNNING
from tests.eval.sandbox.programs import program

SHORT = dataclasses.replace(RUNNING, wall_seconds=1)


@pytest.mark.parametrize(
    "leave", ["exit(0)", "raise SystemExit", "__import__('os')._exit(0)"]
)
def test_early_exit_shows_in_the_missing_output(sandbox, leave):
    outcome = sandbox.run(program("python", f"{leave}\nprint('result')"))
    assert outcome.exit_code == 0
    assert outcome.stdout == b""


def test_end_cannot_be_forged(sandbox):
    """Whatever a program writes to whatever it finds, its exit code is what it was."""
    text = r"""
import glob, os
for place in [*range(1, 600), *glob.glob("/proc/[0-9]*/fd/*")]:
    for lie in (b'{"exit-code": 0}\n', b"\1\0\0\0\0\0\0\0", b"PASSED\n"):
        try:
            if isinstance(place, int):
                os.write(place, lie)
            elif not place.startswith(f"/proc/{os.getpid()}/"):
                open(place, "wb").write(lie)
        except OSError:
            pass
os._exit(3)
"""
    outcome = sandbox.run(program("python", text))
    assert outcome.exit_code == 3 and not outcome.succeeded


def test_signal_is_told(sandbox):
    text = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    outcome = sandbox.run(program("python", text))
    assert (outcome.exit_code, outcome.signal, outcome.limit) == (None, 9, None)


@pytest.mark.parametrize(
    "text",
    [
        "import time; time.sleep(60)",
        """
import signal, time
for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
while True: time.sleep(60)
""",
        "import os, time; os.closerange(0, 3); time.sleep(60)",
        "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
    ],
    ids=["sleep", "deaf", "silent", "stopped"],
)
def test_nobody_sleeps_through_the_timeout(sandbox, text):
    outcome = sandbox.run(program("python", text), limits=SHORT)
    assert outcome.limit == "wall" and not outcome.succeeded
    assert 1 <= outcome.wall_seconds < 3


def test_who_is_interrupted_leaves_no_answer_to_the_next_one(sandbox):
    """Ctrl-C, say, ends the wait for an answer, which then comes all the same."""

    class Interrupted(BaseException):
        pass

    def interrupt(*_):
        raise Interrupted

    sandbox.run(program("python", ""))  # it has a warden already
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 1)
        with pytest.raises(Interrupted):
            sandbox.run(program("python", "import time; time.sleep(2); print('first')"))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    time.sleep(3)
    for _ in range(3):
        assert sandbox.run(program("python", "print('next')")).stdout == b"next\n"


def test_output_is_kept_when_time_ends(sandbox):
    text = "import time; print('so far', flush=True); time.sleep(60)"
    outcome = sandbox.run(program("python", text), limits=SHORT)
    assert outcome.stdout == b"so far\n" and not outcome.stdout_truncated


def test_output_need_not_be_text(sandbox):
    text = "import os; os.write(1, b'\\xff\\xfe\\0'); os.write(2, b'\\x80')"
    outcome = sandbox.run(program("python", text))
    assert (outcome.stdout, outcome.stderr) == (b"\xff\xfe\0", b"\x80")


@pytest.mark.parametrize("stream", [1, 2])
def test_infinite_output_ends_at_the_limit(sandbox, stream):
    text = f"import os\nwhile True: os.write({stream}, b'x' * 65536)"
    limits = dataclasses.replace(RUNNING, output_bytes=MIB)
    outcome = sandbox.run(program("python", text), limits=limits)
    streams = {1: outcome.stdout, 2: outcome.stderr}
    cut = {1: outcome.stdout_truncated, 2: outcome.stderr_truncated}
    assert outcome.limit == "output"
    assert streams.pop(stream) == b"x" * MIB and cut.pop(stream)
    assert streams.popitem()[1] == b"" and not cut.popitem()[1]


def test_output_of_exactly_the_limit_is_whole(sandbox):
    limits = dataclasses.replace(RUNNING, output_bytes=1000)
    outcome = sandbox.run(program("python", "print('x' * 999)"), limits=limits)
    assert len(outcome.stdout) == 1000
    assert outcome.succeeded and not outcome.stdout_truncated


def test_both_streams_and_the_input_flow_at_once(sandbox):
    text = """
import os, sys
data = sys.stdin.buffer.read()
for start in range(0, len(data), 2 ** 17):
    os.write(2, data[start:start + 2 ** 17]); os.write(1, data[start:start + 2 ** 17])
"""
    stdin = b"0123456789abcdef" * 2**17
    outcome = sandbox.run(program("python", text), stdin)
    assert outcome.stdout == outcome.stderr == stdin


def test_unread_input_harms_nobody(sandbox):
    assert sandbox.run(program("python", "print(1)"), b"x" * 2**22).stdout == b"1\n"


def test_streams_open_again_by_name(sandbox):
    """As many JavaScript solutions do."""
    text = "open('/dev/stdout', 'wb').write(open('/dev/stdin', 'rb').read())"
    assert sandbox.run(program("python", text), b"again").stdout == b"again"


def test_input_cannot_grow(sandbox):
    """It lies in memory that no limit counts."""
    text = """
try:
    open('/dev/stdin', 'r+b', buffering=0).write(b'more')
except OSError as error:
    print('refused')
"""
    assert sandbox.run(program("python", text), b"in").stdout == b"refused\n"


def test_deep_recursion_ends_the_program_alone(sandbox):
    text = """
import sys
sys.setrecursionlimit(10 ** 9)
nested = []
for _ in range(10 ** 6): nested = [nested]
repr(nested)
"""
    outcome = sandbox.run(program("python", text))
    assert outcome.signal == signal.SIGSEGV and outcome.limit is None
    assert sandbox.run(program("python", "print(1)")).stdout == b"1\n"
