"""What a run may be asked stands in its config, and in those of who was before it."""

import json
import shutil

import pytest

from configs import text
from data_pipeline.schema import UserError
from hrm_jax import saved_config
from hrm_jax.text import learned
from hrm_jax.text.learned import Learned


@pytest.fixture
def saved(tmp_path):
    def saved(name, start_from="", **data):
        config = text.get_config()
        config.data.update(data)
        config.train.start_from = str(start_from)
        saved_config.save(config, tmp_path / name)
        return tmp_path / name

    return saved


def test_languages_are_those_of_the_data(saved):
    found = learned.of_run(saved("a", languages=("rust", "go")))
    assert found == Learned(("go", "rust"), holes=False)
    assert found.usual == "go" and found.or_usual("rust") == "rust"
    assert found.or_usual("python") == found.or_usual("cobol") == "go"
    assert found.missing(["go", "python", "cpp"]) == ["cpp", "python"]
    assert Learned(("cpp", "python"), False).usual == "python"


@pytest.mark.parametrize(
    "dataset, share, holes",
    [("programs", 0.5, False), ("corpus", 0.0, False), ("corpus", 0.1, True)],
)
def test_holes_are_those_of_a_corpus(saved, dataset, share, holes):
    data = {"dataset": dataset, "corpus": ("nowhere",), "fill_in_middle": share}
    assert learned.of_run(saved("a", **data)).holes == holes


def test_a_run_has_learned_what_it_began_with(saved):
    corpus = {"dataset": "corpus", "corpus": ("nowhere",), "languages": ("java",)}
    first = saved("first", **corpus)
    second = saved("second", first, languages=("go",))
    third = saved("third", second, languages=("python",))
    assert learned.of_run(third) == Learned(("go", "java", "python"), holes=True)
    (first / saved_config.CONFIG_FILE).write_text("{}")  # of another version
    assert learned.of_run(third) == Learned(("go", "python"), holes=False)
    (second / saved_config.CONFIG_FILE).unlink()
    assert learned.of_run(third) == Learned(("python",), holes=False)
    with pytest.raises(UserError, match="second holds no run"):
        learned.of_run(second)


def test_what_a_run_has_kept_is_what_counts(saved):
    """Also where those that it began with are gone; a corpus has not all languages
    that were looked for."""
    first = saved("first", dataset="corpus", corpus=("nowhere",))
    second = saved("second", first, languages=("python",))
    kept = Learned(("go",), holes=True)
    (first / learned.RECORD).write_text(json.dumps(kept.record))
    assert learned.of_run(first) == kept
    both = Learned(("go", "python"), holes=True)
    assert learned.of_run(second) == both == kept.joined(Learned(("python",), False))
    (second / learned.RECORD).write_text(json.dumps(both.record))
    shutil.rmtree(first)
    assert learned.of_run(second) == both and both.from_usual == ("python", "go")
    # As of earlier versions, or damaged.
    for other in "{", "[]", "{}", '{"learned": {"languages": 5}}':
        (second / learned.RECORD).write_text(other)
        assert learned.of_run(second) == Learned(("python",), False)


def test_runs_that_stand_in_a_circle_are_read_once_each(saved, tmp_path):
    first = saved("first", tmp_path / "second", languages=("go",))
    second = saved("second", first, languages=("cpp",))
    assert learned.of_run(first) == Learned(("cpp", "go"), holes=False)
    assert [run for run, _ in saved_config.lineage(second)] == [second, first]
