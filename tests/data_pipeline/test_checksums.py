"""Checksums: right, and computed again only when the file has changed."""

import hashlib
import os

from data_pipeline import checksums


def remembered(path, directory):
    return checksums.remembered_sha256(path, directory)


def test_the_checksum_is_that_of_the_content(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"some")
    expected = hashlib.sha256(b"some").hexdigest()
    assert checksums.sha256_of(path) == expected
    for _ in range(2):
        assert remembered(path, tmp_path / "data") == expected


def test_a_file_that_looks_the_same_is_not_read_again(tmp_path):
    """Shown by a content that changed behind its back."""
    path = tmp_path / "file"
    path.write_bytes(b"some")
    first, status = remembered(path, tmp_path), path.stat()
    path.write_bytes(b"more")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert remembered(path, tmp_path) == first
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert remembered(path, tmp_path) == hashlib.sha256(b"more").hexdigest()
    path.write_bytes(b"longer")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert remembered(path, tmp_path) == hashlib.sha256(b"longer").hexdigest()


def test_several_files_are_remembered(tmp_path):
    for content in (b"one", b"two"):
        (tmp_path / content.decode()).write_bytes(content)
        remembered(tmp_path / content.decode(), tmp_path)
    memory = (tmp_path / "checksums.json").read_text()
    assert all(hashlib.sha256(c).hexdigest() in memory for c in (b"one", b"two"))
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "checksums.json",
        "one",
        "two",
    ]


def test_what_is_damaged_or_cannot_be_kept_does_no_harm(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"some")
    expected = hashlib.sha256(b"some").hexdigest()
    for damaged in ("{", "[]", "\x00"):
        (tmp_path / "checksums.json").write_text(damaged)
        assert remembered(path, tmp_path) == expected
    assert remembered(path, path) == expected  # a file, where a folder should be
