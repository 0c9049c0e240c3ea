"""Packages that were damaged on their way say which file, and what to do."""

import json

import pytest

from configs import default
from data_pipeline.schema import UserError
from hrm_jax import saved_config
from hrm_jax.export import package


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "inside").mkdir()
    (tmp_path / "segment.onnx").write_bytes(b"graph")
    (tmp_path / "inside" / "more.txt").write_text("more")
    config = saved_config.plain(default.get_config())
    package.seal(tmp_path, {"format": "onnx", "source": {"config": config}})
    return tmp_path


def test_a_sealed_package_is_read_again(folder):
    manifest = package.read(folder)
    assert set(manifest["files"]) == {"segment.onnx", "inside/more.txt"}
    assert manifest["format"] == "onnx"
    assert (
        package.config(folder, package.read(folder))
        == default.get_config().copy_and_resolve_references()
    )


def test_sealing_again_takes_in_what_has_come(folder):
    (folder / "README.md").write_text("card")
    package.seal(folder, package.read(folder))
    assert "README.md" in package.read(folder)["files"]


def _missing(folder):
    (folder / "segment.onnx").unlink()
    return "segment.onnx is missing"


def _same_size(folder):
    (folder / "segment.onnx").write_bytes(b"gra?h")
    return "segment.onnx is not what was packed"


def _longer(folder):
    (folder / "inside" / "more.txt").write_text("more and more")
    return "more.txt is not what was packed"


def _no_manifest(folder):
    (folder / package.MANIFEST).unlink()
    return "holds no package"


def _no_json(folder):
    (folder / package.MANIFEST).write_text("{")
    return "is damaged"


def _other_json(folder):
    (folder / package.MANIFEST).write_text('{"package": 1, "files": ["a"]}')
    return "is damaged"


def _nothing_said(folder):
    (folder / package.MANIFEST).write_text('{"package": 1, "files": {}}')
    return "is damaged"


def _edited(folder):
    path = folder / package.MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | {"bits": "8"}))
    return "is damaged .*not what was packed"


def _newer(folder):
    path = folder / package.MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | {"package": 2}))
    return "version 2, but this program reads version 1"


@pytest.mark.parametrize(
    "damage",
    [
        _missing,
        _same_size,
        _longer,
        _no_manifest,
        _no_json,
        _other_json,
        _nothing_said,
        _edited,
        _newer,
    ],
)
def test_damage_is_named(folder, damage):
    sentence = damage(folder)
    with pytest.raises(UserError, match=sentence) as caught:
        package.read(folder)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


def test_a_config_of_another_version_is_refused(folder):
    manifest = package.read(folder)
    del manifest["source"]["config"]["slots"]
    package.seal(folder, manifest)
    with pytest.raises(UserError, match="lacks the field slots"):
        package.config(folder, package.read(folder))
