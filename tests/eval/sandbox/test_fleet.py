"""Tier 4, on real servers of swe-rex that this machine runs."""

import dataclasses
import importlib.util
import os
import stat
import sys
import threading
import time

import pytest

from data_pipeline.user_error import UserError
from eval.sandbox import pool, tiers
from eval.sandbox.limits import MIB, RUNNING
from eval.sandbox.program import Command
from eval.sandbox.sandbox import Cancelled, SandboxError
from eval.sandbox.tiers import Tier, TierMissing, open_sandbox
from eval.sandbox.toolchains import NoToolchain
from tests.eval.sandbox import machines
from tests.eval.sandbox.conftest import HOLDING
from tests.eval.sandbox.programs import ECHO, FAILING, MEMORY, program

MARK = f"fleet-{os.getpid()}"
INTERVAL = (
    "import time; print(time.monotonic()); time.sleep(2); print(time.monotonic())"
)


@pytest.fixture(scope="module", autouse=True)
def confined():
    if all(tiers.probe()[tier] for tier in HOLDING):
        pytest.skip("No tier of this machine holds a program.")


@pytest.fixture(scope="module")
def servers(cache):
    with machines.serving(2, cache) as found:
        yield found


@pytest.fixture(scope="module")
def fleet(servers, tmp_path_factory):
    entries = [server.entry for server in servers]
    path = machines.written(tmp_path_factory.mktemp("fleet"), entries)
    with open_sandbox(fleet=path) as opened:
        yield opened


def test_title_names_machines_and_tier_inside_and_no_token(fleet, servers):
    inside = next(tier.title for tier in HOLDING if not tiers.probe()[tier])
    names = [f"remote (127.0.0.1:{server.port})" for server in servers]
    assert fleet.title == f"tier 4: swe-rex {', '.join(names)}, inside {inside}"
    assert machines.TOKEN not in fleet.title and fleet.workers == 2


@pytest.mark.parametrize("language", ["python", "cpp"])
def test_every_byte_comes_back(fleet, language):
    try:
        fleet.toolchain(language)
    except NoToolchain as error:
        pytest.skip(str(error))
    sent = bytes(range(256))
    outcome = fleet.run(program(language, ECHO[language]), sent)
    assert outcome.stdout == b"hello\n" + sent and outcome.succeeded


def test_endings_are_told(fleet):
    outcome = fleet.run(program("python", FAILING["python"]))
    assert outcome.exit_code == 1 and b"on purpose" in outcome.stderr
    outcome = fleet.run(program("python", "import os; os.kill(os.getpid(), 9)"))
    assert (outcome.exit_code, outcome.signal) == (None, 9)


@pytest.mark.parametrize(
    "limit, text, limits",
    [
        ("wall", "import time; time.sleep(60)", {"wall_seconds": 0.5}),
        ("memory", MEMORY["python"], {"memory_bytes": 64 * MIB}),
        ("output", "while True: print('x' * 1000)", {"output_bytes": 10_000}),
    ],
)
def test_limits_are_told(fleet, limit, text, limits):
    limits = dataclasses.replace(RUNNING, **limits)
    outcome = fleet.run(program("python", text), limits=limits)
    assert outcome.limit == limit
    assert len(outcome.stdout) <= limits.output_bytes


def test_two_programs_converse(fleet):
    asking = program("python", "print('you?'); exit(input() != 'you?')")
    answering = program("python", "print(input(), flush=True)")
    asked, answered = fleet.converse(asking, answering)
    assert asked.succeeded
    # It may have been ended with the other one before it left by itself.
    assert answered.phase == "run" and answered.exit_code in (0, None)


def test_command_gets_files_and_copies(fleet, tmp_path):
    tool = tmp_path / "tool"
    tool.write_text("#!/bin/sh\ncat given; exit 5\n")
    command = Command(("{box}/bin/tool",), {"given": b"\xff\0"})
    outcome = fleet.execute(command, copies=[("bin/tool", str(tool))])
    assert outcome.stdout == b"\xff\0" and outcome.exit_code == 5


def test_paths_are_the_machines_own(fleet):
    assert fleet.has("/usr/bin") and not fleet.has("/not/there")
    with pytest.raises(UserError, match="'/not/there' is no folder to read"):
        fleet.execute(Command(("/bin/true",), readable=("/not/there",)))


def test_program_reaches_neither_agent_nor_server(fleet, servers, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    text = """
import glob, os, socket, sys
port, secret, folder = sys.argv[1:]
try:
    socket.create_connection(("127.0.0.1", int(port)), 2)
    print("the server")
except OSError: pass
for path in [secret, *glob.glob("/proc/*/cmdline"), *glob.glob(folder + "/*/*")]:
    try: held = open(path, "rb").read()
    except OSError: continue
    if b"open-sesame" in held or b"secret" == held: print(path)
for path in glob.glob(folder + "/*"):
    try: open(path + "/agent/__main__.py", "w"); print(path)
    except OSError: pass
"""
    words = (str(servers[0].port), str(secret), str(servers[0].folder))
    assert list(servers[0].folder.glob("*/agent/__main__.py"))
    outcome = fleet.run(program("python", text, *words))
    assert outcome.succeeded and outcome.stdout == b""


def test_machines_work_at_once_and_one_at_a_time_each(fleet):
    jobs = [(number, program("python", INTERVAL)) for number in range(3)]
    outcomes = [one.result for one in pool.finished(fleet, jobs, fleet.run)]
    times = sorted(tuple(map(float, one.stdout.split())) for one in outcomes)
    assert times[1][0] < times[0][1] and times[2][0] > times[0][1]


def test_cancelled_wait_ends_and_the_fleet_goes_on(fleet):
    threading.Timer(0.5, fleet.cancel).start()
    limits = dataclasses.replace(RUNNING, wall_seconds=2)
    began = time.monotonic()
    with pytest.raises(Cancelled):
        fleet.run(program("python", "import time; time.sleep(60)"), limits=limits)
    assert time.monotonic() - began < 2
    for _ in range(2):
        assert fleet.run(program("python", "print(1)")).stdout == b"1\n"


def test_program_may_take_longer_than_a_connection_lasts(fleet, monkeypatch):
    monkeypatch.setattr("eval.sandbox.fleet.machine._PATIENCE_SECONDS", 2)
    text = "import sys, time; time.sleep(1.5); print('late'); sys.exit('failed')"
    outcome = fleet.run(program("python", text))
    assert outcome.stdout == b"late\n" and outcome.stderr == b"failed\n"
    with pytest.raises(UserError, match="is no folder to read"):
        fleet.execute(Command(("/bin/true",), readable=("/not/there",)))


@pytest.mark.parametrize(
    "content, sentence",
    [
        ("[", "is no JSON"),
        ("{}", "must be a list of machines"),
        ("[]", "must be a list of machines"),
        ("[3]", "machine 1 is no object"),
        ('[{"type": "dummy"}]', "machine 1 has the type 'dummy': take docker, remote"),
        ('[{"type": "docker"}, {}]', "machine 2 has the type None"),
        ('[{"type": "docker", "count": 0}]', "has the count 0, no whole number"),
        ('[{"type": "docker", "imag": "x"}]', r"malformed at imag \(Extra inputs"),
        ('[{"type": "docker", "port": 1, "count": 2}]', "has a port of its own"),
        ('[{"type": "remote", "auth_token": "t", "count": 2}]', "a port of its own"),
        ('[{"type": "remote", "auth_token": ["TOKEN"]}]', "malformed at auth_token"),
        ('[{"type": "local"}]', "isolates nothing: say --allow_unsafe_execution"),
        ('[{"type": "docker", "count": 257}]', "from 1 to 256"),
        ('[{"type": "docker", "count": 256}, {"type": "docker"}]', "at most 256 go"),
    ],
)
def test_malformed_file_gets_one_sentence(tmp_path, content, sentence):
    path = tmp_path / "fleet.json"
    path.write_text(content)
    with pytest.raises(UserError, match=sentence) as caught:
        open_sandbox(fleet=path)
    assert "\n" not in str(caught.value) and "TOKEN" not in str(caught.value)


def test_file_that_is_not_there_gets_one_sentence(tmp_path):
    with pytest.raises(UserError, match="cannot be read"):
        open_sandbox(fleet=tmp_path / "none.json")


def test_machine_that_does_not_answer_gets_one_sentence(servers, tmp_path):
    """It is not there, or does not take the token, which is not told."""
    absent = {**servers[0].entry, "port": machines.free_port()}
    refused = {**servers[0].entry, "auth_token": "abracadabra"}
    for entry in (absent, refused):
        path = machines.written(tmp_path, [servers[1].entry, entry])
        with pytest.raises(UserError) as caught:
            open_sandbox(fleet=path)
        assert str(caught.value) == (
            f"remote (127.0.0.1:{entry['port']}) does not start (no server of swe-rex "
            "that takes the token answers)."
        )


def test_nothing_weaker_is_taken_on_a_machine(servers, tmp_path):
    path = machines.written(tmp_path, [servers[0].entry])
    with pytest.raises(UserError, match="127.0.0.1.*: Running programs under limits"):
        open_sandbox(fleet=path, only=Tier.LIMITS)


def test_tier_4_is_taken_by_a_file_alone(monkeypatch, tmp_path):
    with pytest.raises(TierMissing, match="--fleet=FILE"):
        open_sandbox(only=Tier.CONTAINERS)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(TierMissing, match="pip install -r requirements-fleet.txt"):
        open_sandbox(fleet=tmp_path / "fleet.json")


@pytest.mark.slow
def test_another_machine_takes_over(cache, tmp_path, processes, caplog):
    with machines.serving(2, cache) as servers:
        path = machines.written(tmp_path, [server.entry for server in servers])
        with open_sandbox(fleet=path) as fleet:
            threading.Timer(1.5, servers[0].process.kill).start()
            sleeper = program("python", "import time; time.sleep(60)", MARK)
            with pytest.raises(SandboxError, match="was lost: remote"):
                fleet.run(sleeper)
            deadline = time.monotonic() + 10
            while processes(MARK) and time.monotonic() < deadline:
                time.sleep(0.05)
            assert not processes(MARK)
            for _ in range(3):
                assert fleet.run(program("python", "print(1)")).stdout == b"1\n"
            servers[1].process.kill()
            with pytest.raises(SandboxError, match="was lost"):
                fleet.run(sleeper)
            with pytest.raises(SandboxError, match="No machine of the fleet is left"):
                fleet.run(sleeper)
    assert not caplog.records


@pytest.mark.slow
def test_closing_tells_who_waits_and_removes_the_agents(cache, tmp_path):
    with machines.serving(1, cache) as (server,):
        path = machines.written(tmp_path, [server.entry])
        with open_sandbox(fleet=path):
            assert list(server.folder.iterdir())
        assert not list(server.folder.iterdir())
        with open_sandbox(fleet=path) as fleet:
            threading.Timer(0.5, fleet.close).start()
            limits = dataclasses.replace(RUNNING, wall_seconds=2)
            with pytest.raises(Cancelled):
                fleet.run(program("python", "import time; time.sleep(9)"), b"", limits)
            with pytest.raises(Cancelled):
                fleet.run(program("python", ""))


OLD = f"""#!/bin/sh
exec {sys.executable} -c "import runpy, sys
sys.version_info, sys.version = (3, 9), '3.9.18 (main)'
runpy.run_path('$3', run_name='__main__')"
"""


@pytest.mark.slow
@pytest.mark.parametrize("python, said", [(None, "not found"), (OLD, "Python 3.9.18")])
def test_machine_without_python_gets_one_sentence(cache, tmp_path, python, said):
    for name in ("mktemp", "rm"):
        (tmp_path / name).symlink_to(f"/usr/bin/{name}")
    if python:
        (tmp_path / "python3").write_text(python)
        (tmp_path / "python3").chmod(0o755)
    with machines.serving(1, cache, PATH=str(tmp_path)) as (server,):
        path = machines.written(tmp_path, [server.entry])
        with pytest.raises(UserError, match=f"{said}.*: it needs Python 3.11 or newer"):
            open_sandbox(fleet=path)
        assert not list(server.folder.iterdir())


@pytest.mark.slow
def test_local_deployment_needs_to_be_allowed(tmp_path):
    path = machines.written(tmp_path, [{"type": "local"}])
    with open_sandbox(fleet=path, allow_unsafe_execution=True) as fleet:
        assert fleet.title.startswith("tier 4: swe-rex local, inside tier ")
        assert fleet.run(program("python", "print(1)")).stdout == b"1\n"


ENGINE = f"""#!{sys.executable}
# Stands for an engine of containers: one is a server on this machine.
import os, pathlib, subprocess, sys
command, words = sys.argv[1], sys.argv[2:]
folder = pathlib.Path(__file__).parent
if command == "run":
    name, port = words[words.index("--name") + 1], words[words.index("-p") + 1]
    token = words[-1].split("--auth-token ")[1].split()[0]
    (folder / name).write_text(str(os.getpid()))
    chatter = "sleep 4; head -c 1000000 /dev/zero; touch " + str(folder / "drained")
    subprocess.Popen(["/bin/sh", "-c", chatter])
    server = ["-m", "swerex.server", "--host=127.0.0.1", "--auth-token=" + token]
    os.execv(sys.executable, [sys.executable, *server, "--port=" + port.split(":")[0]])
if command == "kill":
    os.kill(int((folder / words[0]).read_text()), 9)
    (folder / words[0]).unlink()
"""


@pytest.fixture
def engine(tmp_path, monkeypatch, cache):
    place = tmp_path / "bin" / "podman"
    place.parent.mkdir()
    place.write_text(ENGINE)
    place.chmod(place.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{place.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    (tmp_path / "containers").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "containers"))
    return place.parent


def test_engine_that_fails_gets_one_sentence(engine, tmp_path):
    """It cannot be reached, as without its daemon, or is not there."""
    (engine / "podman").write_text("#!/bin/sh\necho No daemon. >&2\nexit 1\n")
    path = machines.written(
        tmp_path, [{"type": "docker", "container_runtime": "podman"}]
    )
    with pytest.raises(UserError, match=r"^podman \(python:3.11\) .* No daemon.*\.$"):
        open_sandbox(fleet=path)
    (engine / "podman").unlink()
    with pytest.raises(UserError, match="^podman is not installed: apt-get install"):
        open_sandbox(fleet=path)


def test_package_of_a_cloud_comes_with_its_mend(tmp_path):
    if importlib.util.find_spec("boto3") is not None:
        pytest.skip("it is there")
    path = machines.written(tmp_path, [{"type": "fargate"}])
    with pytest.raises(UserError, match=r"pip install 'swe-rex\[fargate\]'"):
        open_sandbox(fleet=path)


@pytest.mark.slow
def test_containers_are_started_replaced_and_stopped(engine, tmp_path, processes):
    entry = {"type": "docker", "container_runtime": "podman", "image": "an/image:1"}
    path = machines.written(tmp_path, [{**entry, "count": 2}])

    def containers():
        return {one for one in engine.iterdir() if one.name.startswith("animage")}

    with open_sandbox(fleet=path) as fleet:
        assert fleet.title.startswith("tier 4: swe-rex 2 x podman (an/image:1), inside")
        first = containers()
        assert len(first) == 2
        for one in first:
            os.kill(int(one.read_text()), 9)
        with pytest.raises(SandboxError, match="was lost: podman"):
            fleet.run(program("python", "print(1)"))
        with pytest.raises(SandboxError, match="was lost: podman"):
            fleet.run(program("python", "print(1)"))
        for _ in range(3):
            assert fleet.run(program("python", "print(1)")).stdout == b"1\n"
        deadline = time.monotonic() + 20
        while not (engine / "drained").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert (engine / "drained").exists()
        threading.Timer(1, fleet.close).start()
        with pytest.raises(Cancelled):
            fleet.run(program("python", "import time; time.sleep(60)", MARK))
    assert not containers() and not processes(MARK)
