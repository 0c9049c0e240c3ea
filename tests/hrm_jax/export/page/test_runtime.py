"""onnxruntime-web is fetched once, by npm, and used if it is the pinned one."""

import os
import stat

import pytest

from data_pipeline.schema import UserError
from hrm_jax.export.page import runtime
from tests.hrm_jax.export.page import packed


@pytest.fixture
def tarball(tmp_path, monkeypatch):
    return packed.tarball(tmp_path, monkeypatch)


def install_npm(tmp_path, monkeypatch, script):
    """A stand-in; beside it PATH has what a shell needs."""
    (tmp_path / "bin").mkdir()
    npm = tmp_path / "bin" / "npm"
    npm.write_text(f"#!/bin/sh\n{script}\n")
    npm.chmod(npm.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", os.pathsep.join([str(npm.parent), os.defpath]))


def test_fetched_once(tarball, tmp_path, monkeypatch):
    calls = tmp_path / "calls"
    script = f'echo "$@" >> {calls}; cp {tarball} "${{3#--pack-destination=}}"'
    install_npm(tmp_path, monkeypatch, script)
    cache = tmp_path / "a" / "cache"
    kept = runtime.fetch(cache)
    assert kept == runtime.fetch(cache)
    assert kept.read_bytes() == tarball.read_bytes()
    (call,) = calls.read_text().splitlines()
    assert call.startswith(f"pack onnxruntime-web@{runtime.VERSION} ")
    assert [path.name for path in cache.iterdir()] == [kept.name]
    kept.write_bytes(b"damaged")
    assert runtime.fetch(cache).read_bytes() == tarball.read_bytes()


def test_no_npm(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match=r"no npm .* install Node\.js, or .* --runtime"):
        runtime.fetch(tmp_path / "cache")


def test_no_network(tmp_path, monkeypatch):
    install_npm(tmp_path, monkeypatch, "echo npm error code ENOTFOUND >&2; exit 1")
    with pytest.raises(UserError, match=r"\(ENOTFOUND\): connect .* --runtime=FILE"):
        runtime.fetch(tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())


def test_cache_that_is_a_file(tmp_path):
    (tmp_path / "cache").write_text("")
    with pytest.raises(UserError, match=r"cannot be kept in .*cache .*--runtime=FILE"):
        runtime.fetch(tmp_path / "cache")


def test_only_what_is_needed_is_read(tarball):
    found = runtime.read(tarball)
    assert list(found) == ["wasm", "webgpu"]
    assert found["wasm"].script == b"content of ort.wasm.min.js"


def test_another_file(tarball, tmp_path):
    other = tmp_path / "other.tgz"
    other.write_bytes(tarball.read_bytes() + b"x")
    with pytest.raises(UserError, match=r"other\.tgz is not onnxruntime-web 1\.30\.0"):
        runtime.read(other)
    with pytest.raises(UserError, match=r"missing\.tgz cannot be read \(No such file"):
        runtime.read(tmp_path / "missing.tgz")
