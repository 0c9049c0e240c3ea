"""Archives of repositories: their JSON files and no others, inside or not at all."""

import io
import zipfile

import pytest

from data_pipeline import archive
from data_pipeline.schema import UserError

TASKS = {"ARC-main/data/training/a.json": b"{}", "ARC-main/data/b.json": b"[1]"}


def zipped(files):
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return whole.getvalue()


def tree(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_the_json_files_are_unpacked_without_the_one_folder(tmp_path):
    path = tmp_path / "arc.zip"
    path.write_bytes(zipped(TASKS | {"ARC-main/README.md": b"#", "ARC-main/x.py": b""}))
    archive.unpack_json(path, tmp_path / "arc")
    assert tree(tmp_path) == {
        "arc.zip": path.read_bytes(),
        "arc/data/training/a.json": b"{}",
        "arc/data/b.json": b"[1]",
    }


def test_what_an_interrupted_unpacking_left_does_no_harm(tmp_path):
    (tmp_path / "arc.unpacking").mkdir()
    (tmp_path / "arc.unpacking" / "old.json").write_text("{}")
    path = tmp_path / "arc.zip"
    path.write_bytes(zipped(TASKS))
    archive.unpack_json(path, tmp_path / "arc")
    assert tree(tmp_path / "arc").keys() == {"data/training/a.json", "data/b.json"}
    assert not (tmp_path / "arc.unpacking").exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (zipped({"ARC-main/../../evil.json": b"{}"}), "lies in no folder of it"),
        (zipped(TASKS | {"/etc/evil.json": b"{}"}), "'/etc/evil.json', which lies in"),
        (zipped({"evil.json": b"{}"}), "'evil.json', which lies in no folder"),
        (zipped({"a/C:\\evil.json": b"{}"}), "lies in no folder of it"),
        (zipped({"ARC-main/README.md": b"#"}), "holds no JSON files"),
        (
            zipped({f"a/{n}.json": bytes(999) for n in range(3)}),
            "more than 2,000 bytes",
        ),
        (b"<html>Please log in</html>", "not a zip file"),
        (zipped(TASKS).replace(b"[1]", b"[2]"), "Bad CRC-32"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_other_archives_leave_nothing(tmp_path, content, reason, monkeypatch):
    monkeypatch.setattr(archive, "_LARGEST", 2000)
    path = tmp_path / "inner" / "arc.zip"
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(UserError, match=f"not the archive of .*{reason}"):
        archive.unpack_json(path, path.with_name("arc"))
    assert list(tree(tmp_path)) == ["inner/arc.zip"]
