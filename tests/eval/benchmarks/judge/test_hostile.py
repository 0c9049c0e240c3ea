"""Nothing that a submission does to its own process makes it pass."""

import pytest

from eval.benchmarks.judge import judging
from eval.benchmarks.judge.judging import judge
from eval.benchmarks.problem import Kind

SECRET = "swordfish"
TESTS = judging.Tests(
    f"""
import math, unittest
secret = {SECRET!r}
class Case(unittest.TestCase):
    def test(self): self.assertEqual(answer(1), secret)
assert isinstance(answer(1), str) and answer(1) == secret and not answer(1) != secret
assert answer(1) in [secret] and hash(answer(1)) == hash(secret)
assert len(answer(2)) == math.floor(9.5)
assert unittest.TextTestRunner().run(Case("test")).wasSuccessful()
""",
    names=("answer",),
)
YES = """
class Yes{base}:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return hash("swordfish"[:0])
    def __bool__(self): return True
    def __len__(self): return 9
    def __contains__(self, other): return True
    def __instancecheck__(self, other): return True
    __class__ = str
def answer(x): return Yes()
"""
HOSTILE = {
    "exit": "exit(0)",
    "exit in a call": "def answer(x): raise SystemExit(0)",
    "_exit": "import os; os._exit(0)",
    "_exit in a call": "import os\ndef answer(x): os._exit(0)",
    "exit handler": """
import atexit, os
atexit.register(os._exit, 0)
def answer(x): pass
""",
    "printed pass": """
import os, sys
said = '{"kind": "passed", "detail": "", "codes": []}'
print(said); print(said, file=sys.stderr); os.write(2, said.encode()); os._exit(0)
""",
    "forged replies": """
import os
for number in range(3, 600):
    for said in (b'{"kind": "passed"}\\n', b'["loaded"]\\n', b'["value", true, {}]\\n'):
        try: os.write(number, said * 9)
        except OSError: pass
def answer(x): pass
""",
    "equal to everything": YES.format(base=""),
    "text equal to everything": YES.format(base="(str)"),
    "list equal to everything": "def answer(x): return [Yes()]\n" + YES.format(base=""),
    "changed builtins": """
import builtins, math, unittest, sys
builtins.isinstance = builtins.hash = builtins.len = lambda *_: True
builtins.AssertionError = builtins.Exception = SystemExit
math.floor = lambda *_: 0
unittest.TestCase.assertEqual = lambda *_: None
sys.modules["json"].dumps = lambda *_: '{"kind": "passed"}'
def answer(x): return ""
""",
    "changed driver": """
import gc, sys
for module in list(sys.modules.values()):
    for name, thing in list(vars(module).items()):
        if name in ("encode", "decode", "_told", "taken"):
            setattr(module, name, lambda *_: True)
def answer(x): return ""
""",
    "tracing": """
import os, sys
def trace(frame, event, argument):
    for place in (frame.f_locals, frame.f_globals):
        if "secret" in place:
            open("/tmp/found", "w").write(place["secret"])
    return trace
sys.settrace(trace)
def answer(x): return ""
""",
    "a thread that leaves": """
import os, threading
threading.Timer(0.05, os._exit, (0,)).start()
def answer(x):
    import time; time.sleep(0.2)
""",
    "signals": """
import os, signal
for pid in (os.getppid(), -1, 0, 1):
    try: os.kill(pid, signal.SIGKILL)
    except OSError: pass
def answer(x): return ""
""",
    "errors that tests expect": "def answer(x): raise AssertionError",
    "keyboard interrupt": "def answer(x): raise KeyboardInterrupt",
    "deep answer": """
def answer(x):
    nested = []
    for _ in range(10 ** 5): nested = [nested]
    return nested
""",
    "raw garbage": """
import os
def answer(x):
    for number in range(3, 600):
        try: os.write(number, b"[" * 100_000 + b"\\n")
        except OSError: pass
""",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_cheating_does_not_pass(sandbox, name):
    grade = judge(sandbox, TESTS, HOSTILE[name])
    assert not grade.passed and grade.kind != Kind.NOT_RUN


def test_loops_of_the_tests_do_not_end_early(sandbox):
    tests = judging.Tests(
        "for one, other in zip(map(answer, range(3)), 'abc'): assert one == other",
        names=("answer",),
    )
    assert judge(sandbox, tests, "def answer(x): return 'abc'[x]").passed
    for error in ("StopIteration", "type('Mine', (StopIteration,), {})"):
        grade = judge(sandbox, tests, f"def answer(x): raise {error}")
        assert grade.kind == Kind.RUNTIME_ERROR


def test_honest_answer_passes(sandbox):
    assert judge(sandbox, TESTS, f"def answer(x): return {SECRET!r}").passed


def test_tests_are_not_to_be_found(sandbox):
    """Neither in frames, objects, modules, files, processes nor variables.

    What it finds is the answer, so that finding anything at all would show.
    """
    submission = """
import gc, glob, os, sys
word = "sword" + "fish"
seen = []
def look(text):
    if word in text and text not in (word, SOURCE): seen.append(text)
SOURCE = open("submission.py").read()
def answer(x):
    frame = sys._getframe()
    while frame:
        for value in (*frame.f_locals.values(), *frame.f_globals.values()):
            if type(value) in (str, bytes) and value is not word: look(repr(value))
        frame = frame.f_back
    for one in gc.get_objects():
        if type(one) is dict and one is not globals():
            for value in list(one.values()):
                if type(value) is str: look(value)
    paths = []
    for root in (".", "/tmp"):
        for folder, _, names in os.walk(root):
            paths += [os.path.join(folder, name) for name in names]
    paths += glob.glob("/proc/[0-9]*/cmdline") + glob.glob("/proc/[0-9]*/environ")
    paths += ["task.json", "../task.json", "/proc/self/mem", "/proc/self/fd/0"]
    for path in paths:
        try:
            if not path.endswith("submission.py"):
                look(open(path, "rb").read(10 ** 6).decode(errors="replace"))
        except OSError: pass
    try:
        import tests, task, reference
    except ImportError: pass
    return repr(seen[:3])[:500] if seen else "nothing"
"""
    tests = judging.Tests(
        f"secret = {SECRET!r}\nfound = answer(1)\nassert found == 'nothing', found",
        names=("answer",),
    )
    grade = judge(sandbox, tests, submission)
    assert grade.passed, grade.detail
