"""A page is whole, holds nothing foreign, and never replaces anything but a page."""

import base64
import gzip
import json
import re

import pytest

from commands import demo_page, flags
from data_pipeline.schema import BoardShape, UserError
from hrm_jax.export.page import runtime, write
from tests.hrm_jax.export.page import packed

TASK = packed.sudoku(BoardShape(3, 3))


@pytest.fixture
def tarball(tmp_path, monkeypatch):
    return packed.tarball(tmp_path, monkeypatch)


@pytest.fixture
def folder(tmp_path):
    return packed.write_package(tmp_path / "package", packed.manifest(TASK))


def data(page, name):
    """What a script puts into the page."""
    text = (page / "data" / f"{name}.js").read_text()
    found = re.fullmatch(
        rf"\(globalThis\.PAGE_DATA \?\?= {{}}\)\.{name} = (.*);\n", text
    )
    assert found
    return json.loads(found[1])


def unpacked(text):
    return gzip.decompress(base64.b64decode(text))


def test_page_holds_package_and_runtime(folder, tarball, tmp_path):
    page = tmp_path / "page"
    write.write(folder, page, tarball)
    assert {path.name for path in page.iterdir()} == {
        *("index.html", "style.css", "app.js", "data", "documents")
    }
    assert unpacked(data(page, "model")["graph"]) == b"a graph"
    for backend, stem in (("wasm", ""), ("webgpu", ".asyncify")):
        parts = {name: unpacked(text) for name, text in data(page, backend).items()}
        files = f"ort-wasm-simd-threaded{stem}"
        assert parts["script"] == f"content of ort.{backend}.min.js".encode()
        assert parts["loader"] == f"content of {files}.mjs".encode()
        assert parts["binary"] == f"content of {files}.wasm".encode()
        assert b"ort.InferenceSession.create" in parts["worker"]
    told = data(page, "page")
    assert told["task"] == TASK
    assert told["token_loss"] == "softmax"
    assert told["difficulty"] == {"min_blanks": 35, "max_blanks": 44}
    assert told["card"]["bytes"] == len(b"a graph")
    for address in told["documents"].values():
        assert (page / address).is_file()
    assert len(told["documents"]) == 3


def test_page_tells_nothing_of_the_machine(folder, tarball, tmp_path):
    write.write(folder, tmp_path / "page", tarball)
    for path in (tmp_path / "page").rglob("*.js"):
        assert "secret" not in path.read_text()


def test_page_loads_nothing_from_elsewhere(folder, tarball, tmp_path):
    write.write(folder, tmp_path / "page", tarball)
    page = tmp_path / "page"
    address = re.compile(
        r"(?:src|href|url)[=(]\"?(https?:|//)|fetch\(|XMLHttp|import\("
    )
    for name in ("index.html", "style.css", "app.js"):
        assert not address.search((page / name).read_text()), name
    policy = re.search(r'Policy" content="([^"]*)"', (page / "index.html").read_text())
    assert policy and policy[1].startswith("default-src 'none';")
    for source in ("http:", "https:", "*", "'unsafe-inline'", "'unsafe-eval'"):
        assert source not in re.split(r"[ ;]+", policy[1])


def test_same_package_same_page(folder, tarball, tmp_path):
    pages = tmp_path / "one", tmp_path / "two"
    for page in pages:
        write.write(folder, page, tarball)
    one, two = (
        {p.relative_to(page): p.read_bytes() for p in page.rglob("*") if p.is_file()}
        for page in pages
    )
    assert one == two


def test_page_replaces_a_page(folder, tarball, tmp_path):
    page = tmp_path / "page"
    write.write(folder, page, tarball)
    (page / "data" / "page.js").write_text("old")
    (page / "data" / "left.js").write_text("old")
    write.write(folder, page, tarball)
    assert data(page, "page")["task"] == TASK
    assert not (page / "data" / "left.js").exists()


def test_page_replaces_nothing_else(folder, tarball, tmp_path):
    page = tmp_path / "page"
    write.write(folder, page, tarball)
    (page / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match=r"page holds notes\.txt, .* --output"):
        write.write(folder, page, tarball)
    assert (page / "notes.txt").read_text() == "mine"
    with pytest.raises(UserError, match=r"notes\.txt is a file: .* --output"):
        write.write(folder, page / "notes.txt", tarball)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"format": "safetensors"}, r"in format safetensors, .* --format=onnx"),
        ({"task": {"kind": "text"}}, r"a model of text, but a page shows Sudokus and"),
    ],
)
def test_package_without_a_page(changes, complaint, tarball, tmp_path):
    about = packed.manifest(TASK) | changes
    folder = packed.write_package(tmp_path / "package", about)
    with pytest.raises(UserError, match=complaint):
        write.write(folder, tmp_path / "page", tarball)
    assert not (tmp_path / "page").exists()


def test_damaged_package(folder, tarball, tmp_path):
    (folder / "segment.onnx").write_bytes(b"another")
    with pytest.raises(UserError, match="segment.onnx is not what was packed"):
        write.write(folder, tmp_path / "page", tarball)


def test_maze_is_as_hard_as_in_training(tarball, tmp_path):
    about = packed.manifest(packed.maze(6, 6))
    about["source"]["config"]["data"] |= {"dataset": "generated_mazes", "min_path": 8}
    folder = packed.write_package(tmp_path / "package", about)
    write.write(folder, tmp_path / "page", tarball)
    hard = {"min_path": 8, "min_walls": 0.3, "max_walls": 0.5}
    assert data(tmp_path / "page", "page")["difficulty"] == hard


def test_published_puzzles_have_few_clues(tarball, tmp_path):
    about = packed.manifest(TASK)
    about["source"]["config"]["data"]["dataset"] = "sudoku_extreme"
    folder = packed.write_package(tmp_path / "package", about)
    write.write(folder, tmp_path / "page", tarball)
    hard = {"min_blanks": 53, "max_blanks": 81}
    assert data(tmp_path / "page", "page")["difficulty"] == hard


def test_command(folder, tarball, tmp_path, capsys):
    words = ["main.py", "demo-page", f"--package={folder}", f"--runtime={tarball}"]
    line = flags.parse([*words, f"--output={tmp_path / 'page'}"])
    assert demo_page.run(line) == 0
    assert str(tmp_path / "page" / "index.html") in capsys.readouterr().out
    assert demo_page.run(flags.parse(words)) == 0
    assert (tmp_path / "package-page" / "index.html").is_file()


def test_command_needs_a_package():
    with pytest.raises(UserError, match=r"add --package=FOLDER"):
        demo_page.run(flags.parse(["main.py", "demo-page"]))


def test_command_fetches_what_it_is_not_given(folder, tarball, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(runtime, "fetch", lambda path: asked.append(path) or tarball)
    line = flags.parse(["main.py", "demo-page", f"--package={folder}"])
    assert demo_page.run(line) == 0
    assert asked == [tmp_path / "cache" / "hrm-jax" / "npm"]
