"""Files with one object a line, whole and damaged."""

import gzip
import json

import pytest

from data_pipeline.schema import UserError
from eval.benchmarks import jsonl


def test_reads_plain_and_gzipped_files_alike(tmp_path):
    objects = [{"a": "line\u2028end \x85 é"}, {"a": 2}]
    text = "\n\n".join(json.dumps(one, ensure_ascii=False) for one in objects)
    plain, zipped = tmp_path / "a.jsonl", tmp_path / "a.jsonl.gz"
    plain.write_bytes(text.encode())
    zipped.write_bytes(gzip.compress(text.encode()))
    assert jsonl.rows(plain, ["a"]) == jsonl.rows(zipped, ["a"]) == objects


@pytest.mark.parametrize(
    "content, told",
    [
        (b'{"a": 1}\n{"a": ', ":2 is no JSON"),
        (b'{"a": 1}\n\n[1]\n', ":3 must be a JSON object, but it is '\\[1\\]'"),
        (b'{"b": 1}\n', ":1 has no field 'a'; it has 'b'"),
        (b"{}\n", ":1 has no field 'a'; it has none"),
        (b"\n", "holds no row"),
        (b"\xff\n", "is not UTF-8"),
        (b"[" * 100_000, ":1 is no JSON"),
    ],
)
def test_damage_is_named(tmp_path, content, told):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content)
    with pytest.raises(UserError, match=f"rows.jsonl.*{told}"):
        jsonl.rows(path, ["a"])


@pytest.mark.parametrize(
    "content", [b"no gzip", gzip.compress(b"{}" * 99, mtime=0)[:-9], b""]
)
def test_damaged_gzip_is_named(tmp_path, content):
    path = tmp_path / "rows.jsonl.gz"
    path.write_bytes(content)
    with pytest.raises(UserError, match="rows.jsonl.gz"):
        jsonl.rows(path)


def test_missing_files_and_folders_are_named(tmp_path):
    with pytest.raises(UserError, match="There is no file"):
        jsonl.rows(tmp_path / "none.jsonl")
    with pytest.raises(UserError, match="cannot be read"):
        jsonl.rows(tmp_path)
