"""`main.py` as a process: exit codes, signals and pipes."""

import os
import pathlib
import signal
import subprocess
import sys
from importlib.metadata import entry_points

import pytest

MAIN = pathlib.Path(__file__).parent.parent / "main.py"


def start(*words, **options) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, MAIN, *map(str, words)],
        stdin=subprocess.DEVNULL,
        stdout=options.pop("stdout", subprocess.PIPE),
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def finish(process) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def test_help_and_mistakes_do_not_wait_for_jax(tmp_path):
    """Measured in modules, not in seconds: importing JAX is what takes the time."""
    (tmp_path / "file").write_text("")
    script = (
        "import sys, main\n"
        "print([main.main(['main.py', *words]) for words in (\n"
        "    ['--help'],\n"
        "    ['help'],\n"
        "    ['trian'],\n"
        "    ['--config.model.widht=3'],\n"
        "    ['--config=nothing.py'],\n"
        "    ['evaluate', '--workdir=nothing'],\n"
        "    ['search', 'programs'],\n"
        "    ['agent', '--repo=nothing'],\n"
        ")])\n"
        "print('jax' in sys.modules)\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", script],
        cwd=MAIN.parent,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert found.stdout.endswith("[0, 0, 2, 2, 2, 2, 2, 2]\nFalse\n"), found
    assert found.stdout.count("Exit codes") == 2
    assert found.stderr.count("\n") == 6


def test_a_benchmark_of_answers_loads_no_tokenizers():
    script = "import sys, commands.benchmark; sys.exit('tokenizers' in sys.modules)"
    assert not subprocess.call([sys.executable, "-c", script], cwd=MAIN.parent)


def test_a_mistake_is_one_sentence_and_exit_code_2(tmp_path):
    code, out, err = finish(start("train", f"--workdir={tmp_path}", "--config.slots=0"))
    assert (code, out) == (2, "")
    assert err == "slots is 0, but it must be at least 1.\n"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("device", ["nosuch", "cuda"])
def test_a_device_that_is_not_there_is_named(device, tmp_path):
    """JAX knows `cuda` without its plugin, of which it says nothing then."""
    if device == "cuda" and entry_points(group="jax_plugins"):
        pytest.skip("a plugin of JAX is installed, and may find such a device")
    words = ("train", f"--workdir={tmp_path / 'run'}")
    environment = os.environ | {"JAX_PLATFORMS": device}
    code, out, err = finish(start(*words, env=environment))
    assert (code, out) == (2, "")
    assert device in err and err.count("\n") == 1


def test_ctrl_c_before_training_is_quiet(tmp_path):
    """While the puzzles are made, which here would take minutes."""
    process = start(
        "train",
        f"--workdir={tmp_path / 'run'}",
        f"--config.data.directory={tmp_path / 'data'}",
        "--config.data.num_train=1000000",
    )
    for line in process.stdout:
        if line.startswith("This is"):
            break
    process.send_signal(signal.SIGINT)
    code, _, err = finish(process)
    assert code == 130
    assert "Interrupted" in err and "Traceback" not in err


def test_output_that_a_full_disk_refuses_is_one_sentence():
    with open("/dev/full", "w") as full:
        code, _, err = finish(start("--help", stdout=full))
    assert code == 2
    assert err.startswith("The output cannot be written (No space left on device)")
    assert err.count("\n") == 1


def test_a_reader_that_leaves_is_no_error():
    reader, writer = os.pipe()
    os.close(reader)
    process = start("--help", stdout=writer)
    os.close(writer)
    assert finish(process) == (0, None, "")
