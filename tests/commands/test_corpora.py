"""What a run of text knows of the corpora that it has learned from."""

import gzip
import json

import pytest

from commands import corpora, text_record
from configs import text
from eval.sandbox import tiers
from hrm_jax import saved_config
from tests.data_pipeline.text.corpus import test_origin
from tests.data_pipeline.text.corpus.made import source, write
from tests.eval.benchmarks import rows


@pytest.fixture
def begun(tmp_path):
    """A run as it is when it begins, on a corpus of its own, and what is kept out."""

    def begun(name, start_from="", kept_out=()):
        task = test_origin.corpus(tmp_path, kept_out=tuple(map(str, kept_out)))
        config = text.get_config()
        config.data.dataset = "corpus"
        config.data.corpus = ("nowhere",)
        config.data.kept_out = tuple(map(str, kept_out))
        config.train.start_from = str(start_from)
        workdir = tmp_path / name
        saved_config.save(config, workdir)
        text_record.save(task, workdir, config)
        return workdir

    return begun


def older(workdir):
    """The same run by a version that kept no record of corpora."""
    path = workdir / text_record.FILE
    kept = json.loads(path.read_text())
    del kept[corpora.KEY]
    path.write_text(json.dumps(kept))
    return workdir


@pytest.fixture
def benchmark(tmp_path):
    path = tmp_path / "a.jsonl"
    words = " ".join(f"word{number}" for number in range(20))
    path.write_text(json.dumps({"prompt": words}) + "\n")
    return path


def test_a_run_says_whether_a_benchmark_was_kept_out_of_all_that_it_saw(
    begun, benchmark, tmp_path
):
    other = tmp_path / "b.jsonl"
    other.write_text("{}\n")
    first = begun("first", kept_out=[benchmark])
    (told,) = corpora.told_of(first, benchmark)
    assert told.endswith("learned from was held against a.jsonl (data.kept_out).")
    (told,) = corpora.told_of(first, other)
    assert "was not held against b.jsonl and may hold its problems (data.k" in told
    second = begun("second", first)
    assert len(corpora.of_run(second)) == 2
    (told,) = corpora.told_of(second, benchmark)
    assert "was not held against" in told
    (told,) = corpora.told_of(begun("third", second, [benchmark]), benchmark)
    assert "was not held against" in told
    (told,) = corpora.told_of(begun("last", older(first), [benchmark]), benchmark)
    assert "an earlier version kept no record" in told


def test_a_gzipped_benchmark_is_known_by_what_it_holds(begun, benchmark, tmp_path):
    packed = tmp_path / "a.jsonl.gz"
    packed.write_bytes(gzip.compress(benchmark.read_bytes()))
    again = tmp_path / "again.jsonl.gz"
    again.write_bytes(gzip.compress(benchmark.read_bytes(), 1, mtime=1))
    by_plain = begun("plain", kept_out=[benchmark])
    by_packed = begun("packed", kept_out=[packed])
    for workdir in (by_plain, by_packed):
        for data in (benchmark, packed, again):
            (told,) = corpora.told_of(workdir, data)
            assert f"was held against {data.name} " in told
    # Records of an earlier version have digests of the files alone.
    for workdir, same in ((by_plain, (benchmark, again)), (by_packed, (packed,))):
        path = workdir / text_record.FILE
        kept = json.loads(path.read_text())
        del kept[corpora.KEY][0][corpora._UNPACKED]
        path.write_text(json.dumps(kept))
        for data in same:
            assert "was held against" in corpora.told_of(workdir, data)[0]


def test_a_folder_is_held_against_by_its_files(begun, benchmark):
    """Advice is for who can follow it: data.kept_out takes no folder."""
    folder = benchmark.parent / "folder"
    folder.mkdir()
    (folder / "b.jsonl").write_bytes(benchmark.read_bytes())
    workdir = begun("run", kept_out=[benchmark])
    assert "was held against folder/ (" in corpora.told_of(workdir, folder)[0]
    (folder / "c.py").write_text("pass\n")
    (told,) = corpora.told_of(workdir, folder)
    assert told.endswith("was not held against folder/ and may hold its problems.")


def test_a_run_of_an_earlier_version_may_have_seen_test_files(begun):
    first = begun("first")
    second = begun("second", first)
    assert corpora.seen_before(second) is None
    told = corpora.seen_before(older(first))
    assert told and "nobody knows which of the test files it has seen" in told
    assert corpora.seen_before(second) is None, "it has a record of its own"
    assert corpora.seen_before(older(second))
    third = begun("third", first)
    (first / saved_config.CONFIG_FILE).unlink()
    assert corpora.seen_before(third), "also where the first is gone"


def test_evaluate_says_so(taught, run, tmp_path):
    workdir = older(taught(dataset="corpus", corpus=("nowhere",)))
    write(tmp_path / "root", {f"{n}.py": source("python", n, 8) for n in range(20)})
    fields = {"corpus": tmp_path / "root", "directory": tmp_path / "data"}
    fields |= {"num_train": 0, "num_validation": 0, "num_test": 1}
    words = [f"--config.data.{name}={value}" for name, value in fields.items()]
    code, out, err = run("evaluate", f"--workdir={workdir}", *words)
    assert code == 0, err
    assert "nobody knows which of the test files it has seen" in out


def test_the_report_of_a_benchmark_says_so(taught, run, tmp_path):
    if all(tiers.probe()[tier] for tier in (1, 2)):
        pytest.skip("programs cannot be confined here")
    workdir, data = taught(dataset="corpus", corpus=("nowhere",)), tmp_path / "x.jsonl"
    data.write_text(json.dumps(rows.row("python")) + "\n")
    made = tmp_path / "t.jsonl"
    drawn = "--scenario=write", "--level=1", "--language=python", "--limit=1"
    assert run("programs", f"--output={made}", *drawn)[0] == 0

    def notes(name, path, output):
        words = "benchmark", name, f"--data={path}", "--max_tokens=2"
        words += f"--workdir={workdir}", f"--output={tmp_path / output}"
        code, out, err = run(*words)
        assert code == 0, err
        found = json.loads((tmp_path / output / "report.json").read_text())
        return out, found.get("notes", [])

    assert not notes("humaneval_x", data, "none")[1]
    path = workdir / text_record.FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | {corpora.KEY: [{}]}))
    out, (told,) = notes("humaneval_x", data, "out")
    assert "from was not held against x.jsonl" in told and told in out
    # What this program makes up stands in no corpus.
    assert not notes("programs", made, "made")[1]
