"""Judges and evolution from the command line, with a network that is a function."""

import hashlib
import json
import zlib

import pytest

from commands import judges as command
from commands import writers
from configs import evolve as evolving
from configs import judges as preset
from configs import search as searching
from eval.benchmarks.synthetic import rows
from hrm_jax import saved_config
from hrm_jax.search import selection
from hrm_jax.search.candidate import Sample
from tests import test_architecture

DRAWN = ("--limit=6", "--samples=3", "--level=1", "--language=python")


def test_nothing_of_a_search_is_loaded_where_none_is_asked_for():
    """Heads cost nothing then, neither time nor memory: generate and serve reach none
    of their code, whatever they import in turn."""
    root = test_architecture.REPOSITORY
    names = ("generate", "serve", "benchmark", "train")
    waiting, seen = [f"commands.{name}" for name in names], set()
    while waiting:
        module = waiting.pop()
        path = root.joinpath(*module.split(".")).with_suffix(".py")
        if module not in seen and path.is_file():
            seen.add(module)
            waiting += test_architecture.imports(root, path)
    assert "hrm_jax.models.reasoner" in seen
    assert "hrm_jax.models.judges" not in seen
    assert not any(module.startswith("hrm_jax.search") for module in seen)


def test_evolution_can_begin_with_the_settings_that_a_search_has():
    fields = evolving.get_config().to_dict()
    usual = searching.get_config().to_dict() | {"rule": "ucb", "debate": False}
    kinds = "numbers", "choices", "judged_numbers", "judged_choices"
    genes = {name: values for kind in kinds for name, values in fields[kind].items()}
    assert {name for name in genes if usual[name] not in genes[name]} == set()


@pytest.fixture
def network(monkeypatch, untrained_text):
    """Answers tasks of both splits by the solution, or by one with a bug; counts."""
    trained = saved_config.load(untrained_text).data.num_train
    made = [
        *rows.generate("train", 0, 6, languages=["python"], level=1, first=trained),
        *rows.generate("validation", 0, 12, languages=["python"], level=1),
    ]
    solutions = {row["prompt"]: row["response"] for row in made}
    asked = []

    def write(asks):
        for place, ask in enumerate(asks):
            asked.append(ask)
            text = solutions.get(ask.prompt, "def f(")
            if zlib.crc32(str(ask.seed).encode()) % 2:
                text = text.replace("return ", "return 0 and ")
            yield place, Sample(text, -float(len(text) % 7), 20, False)

    monkeypatch.setattr(writers, "of_run", lambda run, sampling, at_once: write)
    config = preset.get_config()
    config.fit.steps = 40
    monkeypatch.setattr(command.preset, "get_config", lambda: config)
    return asked


def digests(folder):
    return {
        path.relative_to(folder): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.slow
def test_judges_lie_beside_a_run_that_stays_as_it_is(
    network, untrained_text, run, tmp_path
):
    before = digests(untrained_text)
    words = "judges", f"--workdir={untrained_text}", *DRAWN
    code, out, err = run(*words, f"--output={tmp_path / 'whole'}")
    assert code == 0, err
    assert "does a program pass hidden tests?" in out
    assert digests(untrained_text) == before
    whole = digests(tmp_path / "whole")
    about = json.loads((tmp_path / "whole" / "judges.json").read_text())
    assert about["verification"]["tasks"] == 3
    assert about["parameters"]["heads"] > 0 and about["fitted"]["questions"] > 0

    # Stopped in the middle of a search, it goes on: nothing is asked twice, and the
    # heads are the same to the last bit.
    count = len(network)
    journal = tmp_path / "whole" / "train" / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    again = tmp_path / "again" / "train"
    again.mkdir(parents=True)
    (again / "journal.jsonl").write_bytes(b"".join(lines[:9]) + lines[9][:20])
    kept = sum(b'"sample"' in line for line in lines[:9])
    code, _, err = run(*words, f"--output={tmp_path / 'again'}")
    assert code == 0, err
    assert len(network) == 2 * count - kept and kept > 0
    name = tmp_path / "again" / "judges.safetensors"
    assert digests(name.parent)[name.relative_to(name.parent)] == next(
        value for key, value in whole.items() if key.name == "judges.safetensors"
    )
    code, _, err = run(*words, "--seed=1", f"--output={tmp_path / 'again'}")
    assert code == 2 and "choose another --output" in err


@pytest.mark.slow
def test_evolution_measures_on_validation_tasks_alone_and_goes_on(
    network, untrained_text, run, tmp_path
):
    words = (
        *("evolve", f"--workdir={untrained_text}", f"--output={tmp_path / 'out'}"),
        *("--limit=3", "--samples=3", "--level=1", "--language=python"),
    )
    code, _, err = run(*words, "--members=2")
    assert code == 0, err
    code, out, err = run(*words, "--members=4")
    assert code == 0, err
    assert "Of 4 settings" in out and "On 3 other tasks" in out
    for name in ("best.json", "evolution.png", "report.json"):
        assert (tmp_path / "out" / name).stat().st_size > 0
    asked = {ask.prompt for ask in network if "This is wrong:" not in ask.prompt}
    known = {
        split: {
            row["prompt"]
            for row in rows.generate(split, 0, 12, languages=["python"], level=1)
        }
        for split in ("validation", "test")
    }
    assert asked <= known["validation"] and not asked & known["test"]
    best = json.loads((tmp_path / "out" / "best.json").read_text())
    assert best["rule"] in selection.RULES and "debate" not in best


def test_evolve_needs_a_folder(untrained_text, run):
    code, _, err = run("evolve", f"--workdir={untrained_text}")
    assert code == 2 and "add --output=PATH" in err
