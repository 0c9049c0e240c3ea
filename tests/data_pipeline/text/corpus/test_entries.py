"""Where source files are found."""

import json
import os
import pathlib
import sysconfig
import zipfile

import pyarrow
import pytest
from pyarrow import parquet

from data_pipeline.schema import UserError
from data_pipeline.text.corpus import licence_expression, machine
from data_pipeline.text.corpus.entries import Entry
from tests.data_pipeline.text.corpus.made import source, write

FILES = {
    "b/two.go": source("go", 1),
    "a/one.py": source("python", 2),
    "a/LICENSE": "Permission is hereby granted, free of charge, to any",
    "a/notes.txt": "no source",
    "a/data.bin": b"\xff\x00",
    "a/site-packages/other.py": source("python", 3),
    ".git/hook.py": source("python", 4),
}


def found(text):
    return [(file.path, file.language) for file in Entry.of(str(text)).files()]


def test_a_folder_has_its_files_in_our_languages(tmp_path):
    root = tmp_path / "root"
    write(root, FILES)
    (root / "link.py").symlink_to(root / "a/one.py")
    assert found(root) == [("root/a/one.py", "python"), ("root/b/two.go", "go")]
    one, two = Entry.of(str(root)).files()
    assert one.content == FILES["a/one.py"].encode()
    assert (one.licence, two.licence) == ("MIT", "unknown")


def test_what_a_file_says_of_its_licence_counts_also_where_it_is_not_known(tmp_path):
    content = "# License: GPLv3\n" + source("python", 1)
    write(tmp_path / "root", {"LICENSE": FILES["a/LICENSE"], "x.py": content})
    (file,) = Entry.of(str(tmp_path / "root")).files()
    assert file.licence == "unknown"
    row = {"content": content, "path": "x.py", "license": "mit"}
    (tmp_path / "a.jsonl").write_text(json.dumps(row) + "\n")
    (file,) = Entry.of(str(tmp_path / "a.jsonl")).files()
    assert file.licence == "unknown"


def test_an_archive_is_like_a_folder(tmp_path):
    with zipfile.ZipFile(tmp_path / "src.zip", "w") as archive:
        for name, content in FILES.items():
            archive.writestr(name, content)
    files = {file.path: file for file in Entry.of(str(tmp_path / "src.zip")).files()}
    one, two = files["src.zip/a/one.py"], files["src.zip/b/two.go"]
    assert one.content == FILES["a/one.py"].encode()
    assert (one.licence, two.licence) == ("MIT", "unknown")


def test_a_file_may_have_any_name(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    name = os.fsencode(root) + b"/caf\xe9.py"
    with open(name, "wb") as file:
        file.write(b"x = 1")
    assert found(root) == [("root/caf\\udce9.py", "python")]
    assert len(Entry.of(str(root)).sha256(tmp_path)) == 64


def test_a_damaged_archive_is_told(tmp_path):
    path = tmp_path / "src.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.py", "x = 1\n" * 99)
    path.write_bytes(path.read_bytes().replace(b"x = 1\nx = 1", b"x = 1\ny = 1", 1))
    with pytest.raises(UserError, match="The source file a.py cannot be read"):
        found(path)


def test_the_checksum_is_that_of_sources_and_licences(tmp_path):
    root = tmp_path / "root"
    write(root, FILES)

    def sha256():
        return Entry.of(str(root)).sha256(tmp_path / "memory")

    before = sha256()
    write(root, {"a/notes.txt": "other"})
    assert sha256() == before
    write(root, {"a/one.py": source("python", 9)})
    after = sha256()
    assert after != before
    write(root, {"a/LICENSE": "other"})
    assert sha256() not in (before, after)


ROWS = [
    {"content": source("python", 1), "path": "x/a.py", "license": "mit"},
    {"content": source("go", 2), "path": "x/a.go", "license": None},
    {"content": "text", "path": "readme.md", "license": "mit"},
    {"content": None, "path": "x/empty.py", "license": "mit"},
    {"content": "", "path": "x/empty.py", "license": "mit"},
]


def test_parquet_is_read_by_the_names_of_columns(tmp_path):
    path = tmp_path / "train-0.parquet"
    parquet.write_table(pyarrow.Table.from_pylist(ROWS), path)
    one, two, other, *empty = Entry.of(str(path)).files()
    content = source("python", 1).encode()
    assert one == ("train-0.parquet:1/x/a.py", "python", content, "mit")
    assert [file.content for file in empty] == [b"", b""]
    assert (two.language, two.licence) == ("go", "unknown")
    assert other[1:3] == ("unknown", b"text")


def test_columns_go_by_other_names_too(tmp_path):
    rows = [
        {
            "text": source("rust", 5),
            "lang": "Rust",
            "max_stars_repo_licenses": ["MIT", "Apache-2.0"],
            "stars": 3,
        },
        {
            "text": "// SPDX-License-Identifier: BSL-1.0\n" + source("cpp", 6),
            "lang": "C++",
            "max_stars_repo_licenses": ["MIT"],
            "stars": 3,
        },
    ]
    path = tmp_path / "a.parquet"
    parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    assert [file[1:4:2] for file in Entry.of(str(path)).files()] == [
        ("rust", "Apache-2.0 AND MIT"),
        ("cpp", "BSL-1.0"),
    ]


def test_what_a_row_lists_is_needed_in_all_whatever_a_part_may_choose(tmp_path):
    lists = [["MIT OR Apache-2.0", "GPL-3.0-only"], ["MIT OR ISC"], ["MIT/ISC", "0BSD"]]
    rows = [{"text": "x", "path": "a.py", "licenses": names} for names in lists]
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(row) + "\n\n" for row in rows))
    licences = [file.licence for file in Entry.of(str(path)).files()]
    assert licences == [
        "GPL-3.0-only AND (MIT OR Apache-2.0)",
        "MIT OR ISC",
        "0BSD AND (MIT/ISC)",
    ]
    allowed = [
        licence_expression.allows(one, ["MIT", "Apache-2.0"]) for one in licences
    ]
    assert allowed == [False, True, False]


def test_half_of_a_character_is_told_as_text(tmp_path):
    """JSON may have it in names, where UTF-8 may not."""
    path = tmp_path / "a.jsonl"
    path.write_text(r'{"text": "x", "path": "\ud800.py", "license": ["\udfff"]}')
    (file,) = Entry.of(str(path)).files()
    assert file == (r"a.jsonl:1/\ud800.py", "python", b"x", r"\udfff")


def test_lines_of_json_and_patterns(tmp_path):
    for number, row in enumerate(ROWS):
        (tmp_path / f"{number}.jsonl").write_text(json.dumps(row) + "\n")
    assert [name for name, _ in found(tmp_path / "*.jsonl")] == [
        "0.jsonl:1/x/a.py",
        "1.jsonl:1/x/a.go",
        "2.jsonl:1/readme.md",
        "3.jsonl:1/x/empty.py",
        "4.jsonl:1/x/empty.py",
    ]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.parquet", "no table", "cannot be read as Parquet"),
        ("a.jsonl", "{", "cannot be read as JSON Lines"),
        ("a.jsonl", "3\n", "line 1 is no object"),
        ("a.jsonl", '{"path": "a.py"}\n', "row 1, has no text: a column"),
        ("a.jsonl", '{"text": 3, "path": "a.py"}\n', "row 1, has no text: a column"),
        ("a.jsonl", '{"text": "x"}\n', "row 1, does not say its language"),
        ("a.txt", "text", "no folder and no ZIP archive"),
        (None, "", "which is not there: set it to folders"),
    ],
)
def test_what_cannot_be_read_is_told(name, content, sentence, tmp_path):
    if name:
        (tmp_path / name).write_text(content)
    with pytest.raises(UserError, match=sentence) as told:
        found(tmp_path / (name or "absent"))
    assert "\n" not in str(told.value)


def test_a_machine_has_the_library_of_its_python():
    entry = Entry.of("python-library")
    assert entry.paths == (pathlib.Path(sysconfig.get_path("stdlib")),)
    assert entry.licence == "PSF-2.0"
    first = next(entry.files())
    assert first.path.startswith("python-library/") and first.language == "python"


@pytest.mark.parametrize(
    ("program", "sentence"),
    [
        ("#!/bin/sh\nexec sleep 60\n", "library is (not within 0.2 seconds): mend"),
        ("no program", "library is (Exec format error): mend"),
    ],
)
def test_a_program_that_does_not_answer_is_told(
    program, sentence, tmp_path, monkeypatch
):
    go = tmp_path / "go"
    go.write_text(program)
    go.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(machine, "_PATIENCE", 0.2)
    with pytest.raises(UserError, match="`go env GOROOT` does not say") as told:
        Entry.of("go-library")
    assert sentence in str(told.value)


def test_what_a_machine_lacks_is_told(monkeypatch):
    monkeypatch.setenv("PATH", "")
    for name in ("go-library", "rust-library", "java-library", "node-packages"):
        with pytest.raises(UserError, match=f"names '{name}', which this machine does"):
            Entry.of(name)
