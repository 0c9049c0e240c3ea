"""A browser, and pages of runs that it opens."""

import functools
import json
import pathlib
import shutil

import pytest

import main
from data_pipeline.schema import BoardShape, UserError
from data_pipeline.sudoku import codec
from data_pipeline.sudoku.generator import generate
from hrm_jax.export.page import runtime
from tests.commands.demo_page.visit import Server, Visit

SHAPE = BoardShape(2, 2)
# Long enough for it to be sure of some puzzles sooner than of others.
TRAINING = {
    "data.num_train": 1000,
    "train.steps": 400,
    "train.eval_every": 0,
    "evaluation.min_confidence": 0.9,
}


@pytest.fixture(scope="session")
def chromium():
    """Starts the browser of this machine, with flags of its own."""
    playwright = pytest.importorskip("playwright.sync_api")
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.skip("no Chromium is installed")
    with playwright.sync_playwright() as driver:
        yield functools.partial(driver.chromium.launch, executable_path=path)


@pytest.fixture(scope="session")
def browser(chromium):
    # A sandbox of its own needs rights that containers do not give.
    with chromium(args=["--no-sandbox"]) as browser:
        yield browser


@pytest.fixture(scope="session")
def tarball():
    try:
        return runtime.fetch(pathlib.Path.home() / ".cache" / "hrm-jax" / "npm")
    except UserError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def home(tmp_path_factory) -> pathlib.Path:
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="session")
def sudokus(home, overrides) -> pathlib.Path:
    """The workdir of a run that halts by itself."""
    words = [f"--config.{name}={value}" for name, value in TRAINING.items()]
    workdir = home / "sudokus"
    argv = ["main.py", "train", f"--workdir={workdir}", *overrides, *words]
    assert main.main(argv) == 0
    return workdir


@pytest.fixture
def pages(home, sudokus, tarball, run):
    """Package and page of a run with so many bits, made once."""

    def pages(bits=8, workdir=sudokus):
        package = home / f"{workdir.name}-{bits}"
        page = home / f"{package.name}-page"
        if not page.exists():
            words = f"--workdir={workdir}", f"--output={package}", f"--bits={bits}"
            code, _, err = run("export", *words)
            assert code == 0, err
            words = f"--package={package}", f"--output={page}", f"--runtime={tarball}"
            code, _, err = run("demo-page", *words)
            assert code == 0, err
        return package, page

    return pages


@pytest.fixture
def visit(pages, browser):
    """Opens the page from a server."""
    with Server(pages()[1]) as server:
        yield functools.partial(Visit, browser, server.address)


@pytest.fixture(scope="session")
def puzzles():
    return codec.decode(generate(SHAPE, 100, 3, 9, seed=5).inputs, SHAPE)


@pytest.fixture
def answers(run):
    """What `solve` says with a package: solution, segments and confidence each."""

    def answers(folder, puzzles):
        code, out, err = run("solve", "--json", f"--package={folder}", *puzzles)
        assert code == 0, err
        told = [json.loads(line) for line in out.splitlines()]
        return [(one["solution"], one["segments"], one["confidence"]) for one in told]

    return answers
