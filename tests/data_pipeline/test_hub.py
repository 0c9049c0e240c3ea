"""Tables of data sets at HuggingFace, from a server that lists and sends them."""

import io
import json

import pyarrow
import pytest
from pyarrow import parquet

from data_pipeline import fetch, hub
from data_pipeline.schema import UserError
from data_pipeline.text.corpus.entries import Entry

LISTING = "/api/datasets/some/code/parquet"


@pytest.fixture
def tables(home):
    """A set of two configs, whose files are tables of one Python file each."""
    found = {}
    for config, split in (("a", "train"), ("a", "test"), ("b", "train")):
        found.setdefault(config, {})[split] = []
        for number in range(2):
            address = f"/api/datasets/some/code/parquet/{config}/{split}/{number}"
            row = {"path": f"{config}{number}.py", "content": f"x = '{split}'\n"}
            buffer = io.BytesIO()
            parquet.write_table(pyarrow.Table.from_pylist([row]), buffer)
            home.pages[address] = buffer.getvalue()
            # As the real list has them, whoever sends it.
            found[config][split].append(f"{fetch.HUB}{address}")
    home.pages[LISTING] = json.dumps(found).encode()
    return home


@pytest.mark.parametrize(
    ("name", "count"),
    [("some/code", 6), ("some/code/a", 4), ("some/code/a/test", 2)],
)
def test_come_whole_and_are_read_as_source_code(tables, tmp_path, name, count):
    paths = hub.fetch_tables(name, tmp_path, 0.01)
    assert len(paths) == count
    (file,) = Entry.of(str(paths[-1])).files()
    assert file.content == f"x = '{paths[-1].name.split('-')[0]}'\n".encode()
    sent = len(tables.sent)
    hub.fetch_tables(name, tmp_path, 0.01)
    assert len(tables.sent) == sent + 1  # the list alone


def test_a_token_goes_to_the_hub_and_not_on_from_there(tables, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "secret")
    hub.fetch_tables("some/code/b", tmp_path, 0.01)
    assert set(tables.tokens) == {"Bearer secret"}
    tables.tokens.clear()
    tables.pages = {f"/cdn{path}": page for path, page in tables.pages.items()}
    tables.redirects = True
    hub.fetch_tables("some/code/a/test", tmp_path, 0.01)
    assert set(tables.tokens) == {None}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("some/code/c", "no config and split 'c': take a/train, a/test, b/train"),
        ("some/code/a/b/c", "write OWNER/SET"),
        ("some/..", "write OWNER/SET"),
        ("other/code", "sent no list of Parquet files"),
    ],
)
def test_what_is_not_there_is_told(tables, tmp_path, name, told):
    with pytest.raises(UserError, match=told):
        hub.fetch_tables(name, tmp_path, 0.01)
    assert not list(tmp_path.rglob("*.parquet"))


def test_a_list_does_not_choose_where_files_lie(tables, tmp_path):
    tables.pages[LISTING] = json.dumps({"../..": {"train": ["x"]}}).encode()
    with pytest.raises(UserError, match="of a strange name"):
        hub.fetch_tables("some/code", tmp_path / "data", 0.01)


def test_a_set_that_is_refused_is_named(tables, tmp_path):
    tables.status, tables.busy = 401, 1
    with pytest.raises(UserError, match="answers 401"):
        hub.fetch_tables("some/code", tmp_path, 0.01)
