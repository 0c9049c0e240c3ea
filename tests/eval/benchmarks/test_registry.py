"""Every benchmark that has a name can be read, and says what it takes."""

import importlib
import inspect
import pathlib

import pytest

from data_pipeline.schema import UserError
from eval.benchmarks import registry


@pytest.mark.parametrize("name", registry.ENTRIES)
def test_every_name_leads_to_a_load_that_takes_its_options(name):
    entry = registry.ENTRIES[name]
    module = importlib.import_module(f"eval.benchmarks.{entry.module}")
    taken = set(inspect.signature(module.load).parameters)
    assert {"path", *entry.fixed, *entry.takes} <= taken
    with pytest.raises(UserError, match="none"):
        registry.load(name, pathlib.Path("/none"), _needed(name))


def _needed(name):
    return {"evaluated": pathlib.Path("/none")} if name.endswith("repair") else {}


DATA = {
    "humaneval": ("humaneval_dev.jsonl", 86),
    "mbpp": ("mbpp_train_val.jsonl", 474),
    "humaneval_x": ("humaneval_x_dev", 6 * 86),
    "humanevalpack": ("humanevalpack_dev", 6 * 86),
    "humanevalpack_fixtests": ("humanevalpack_dev", 6 * 86),
    "humanevalpack_fixdocs": ("humanevalpack_dev", 6 * 86),
    "mbxp": ("mbxp_train_val", 411 + 456 + 468 + 468),
    "cruxeval_input": ("cruxeval_dev.jsonl", 395),
    "cruxeval_output": ("cruxeval_dev.jsonl", 395),
    "livecodebench": ("livecodebench_v1_dev.jsonl", 250),
    "swebench": ("swebench_lite_dev.jsonl", 158),
}


@pytest.mark.parametrize("name", DATA)
def test_reads_the_authors_files(shared_data, name):
    file, count = DATA[name]
    benchmark = registry.load(name, shared_data / "code" / file)
    assert len({problem.id for problem in benchmark.problems}) == count
    for problem in benchmark.problems:
        assert benchmark.prompt(problem).text.strip()
        assert benchmark.extract(problem, "") == ""


def test_options_that_a_benchmark_does_not_take_are_refused():
    with pytest.raises(UserError, match="mbpp takes no option, not --start"):
        registry.load("mbpp", pathlib.Path("a"), {"start": None})
    with pytest.raises(UserError, match="livecodebench takes --start and --end, not"):
        registry.load("livecodebench", pathlib.Path("a"), {"edit_format": "diff"})
