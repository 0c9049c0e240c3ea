"""From a run to packages, and back to answers."""

import json
import pathlib
import shutil
import subprocess
import sys

import pytest

from commands import verify
from data_pipeline import loader
from data_pipeline.schema import BoardShape
from data_pipeline.sudoku import codec
from hrm_jax.export import package

SHAPE = BoardShape(2, 2)
SLOW = pytest.mark.slow
FORMATS = (
    "onnx",
    pytest.param("safetensors", marks=SLOW),
    pytest.param("stablehlo", marks=SLOW),
)


@pytest.fixture(scope="module")
def packages(trained, tmp_path_factory):
    """Makes the package of a format and so many bits, once."""
    made: dict[tuple[str, int], pathlib.Path] = {}
    home = tmp_path_factory.mktemp("packages")

    def make(run, format="onnx", bits=8, *words):
        key = (format, bits, *words)
        if key not in made:
            folder = home / str(len(made))
            asked = f"--workdir={trained}", f"--format={format}", f"--bits={bits}"
            code, out, err = run("export", *asked, f"--output={folder}", *words)
            assert code == 0, err
            assert "is a package of" in out
            made[key] = folder
        return made[key]

    return make


@pytest.fixture(scope="module")
def puzzles(trained):
    from commands import flags
    from commands.trained import Trained

    line = flags.parse(["main.py", "evaluate", f"--workdir={trained}"])
    return codec.decode(Trained.of(line).held_out(8).inputs, SHAPE)


def answers(run, *words):
    code, out, err = run("solve", "--json", *words)
    assert code == 0, err
    return [json.loads(line) for line in out.splitlines()]


@pytest.mark.parametrize("format", FORMATS)
def test_a_package_answers_as_its_run(format, trained, packages, puzzles, run):
    folder = packages(run, format, 32)
    ours = answers(run, f"--package={folder}", *puzzles)
    theirs = answers(run, f"--workdir={trained}", *puzzles)
    for one, other in zip(ours, theirs, strict=True):
        assert one["solution"] == other["solution"]
        assert one["segments"] == other["segments"]
        assert one["confidence"] == pytest.approx(other["confidence"], abs=1e-3)


@pytest.mark.slow
def test_a_package_is_evaluated(packages, run, tmp_path):
    folder, path = packages(run), tmp_path / "scores.json"
    code, out, _ = run("evaluate", f"--package={folder}", f"--output={path}")
    assert code == 0 and "40 test puzzles, each a 4x4 Sudoku" in out
    told = json.loads(path.read_text())["about"]["scores"]["until it halts"]
    verified = json.loads((folder / package.VERIFICATION).read_text())
    unheard = "--config.evaluation.max_segments=2"
    code, _, err = run("evaluate", f"--package={folder}", unheard)
    assert code == 2 and err.startswith("evaluation.max_segments has no effect on a ")
    # Verification has asked for all 40, too.
    assert verified["puzzles"] == 40
    assert told["metrics"]["exact_match"] == pytest.approx(verified["exact_match"][1])


def test_the_runner_needs_nothing_of_ours(packages, puzzles, run, tmp_path):
    folder = shutil.copytree(packages(run, "onnx", 4), tmp_path / "elsewhere")
    command = [sys.executable, "-I", str(folder / "run.py"), *puzzles, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = [json.loads(line)["solution"] for line in done.stdout.splitlines()]
    ours = answers(run, f"--package={folder}", *puzzles)
    assert told == [answer["solution"] for answer in ours]


def test_the_model_card_tells_what_was_measured(packages, run):
    folder = packages(run, "onnx", 4)
    card = (folder / "README.md").read_text()
    verified = json.loads((folder / package.VERIFICATION).read_text())
    assert f"{verified['exact_match'][1]:.1%}" in card
    for words in (
        "4x4 Sudoku",
        "Apache 2.0",
        "python run.py",
        "4 bits",
        "40 test examples",
    ):
        assert words in card, words
    assert "Apache License" in (folder / "LICENSE").read_text()


def test_fewer_bits_are_smaller(packages, run):
    sizes = [
        (packages(run, "onnx", bits) / "segment.onnx").stat().st_size
        for bits in (32, 8, 4)
    ]
    assert sizes[0] > sizes[1] > sizes[2]


@pytest.mark.slow
def test_an_older_package_is_replaced_and_nothing_else(
    packages, trained, run, tmp_path
):
    folder = shutil.copytree(packages(run, "onnx", 32), tmp_path / "package")
    words = "--bits=32", "--config.evaluation.min_confidence=0.5"
    code, _, _ = run("export", f"--workdir={trained}", f"--output={folder}", *words)
    assert code == 0
    # What was overridden holds for the run that the package is verified by as well.
    verified = json.loads((folder / package.VERIFICATION).read_text())
    assert verified["same_answer"] == verified["same_segments"] == 1
    assert package.read(folder)["halting"]["min_confidence"] == 0.5
    (folder / "mine.txt").write_text("no part of it")
    code, _, err = run("export", f"--workdir={trained}", f"--output={folder}", *words)
    assert code == 2 and "holds something that is no package" in err
    assert (folder / "mine.txt").exists()
    other = tmp_path / "thesis"
    other.mkdir()
    (other / "chapter.tex").write_text("years")
    code, _, err = run("export", f"--workdir={trained}", f"--output={other}")
    assert code == 2 and "holds something that is no package" in err
    assert (other / "chapter.tex").read_text() == "years"


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["--bits=3"], "--bits is 3, but it must be 8, 4, 16, 32."),
        (["--format=gguf"], "--format is gguf, but it must be onnx, "),
        (["--block=16"], "--block is 16, but it must be 32, 64, 128."),
        (["--rounding=up"], "--rounding is up, but it must be mixed, "),
        (["--products=fast"], "--products is fast, but it must be nbits, "),
        (["--block=64"], "--block has no effect with --bits=8: leave it out, or "),
        (["--rounding=mixed", "--bits=32"], "--rounding has no effect with --bits=32"),
        (
            ["--products=standard", "--format=safetensors"],
            "--products has no effect with --format=safetensors: leave it out, or take "
            "--format=onnx.",
        ),
        (["--whole", "--format=stablehlo"], "--whole has no effect with --format=sta"),
    ],
)
def test_a_wrong_choice_is_named(words, sentence, trained, run):
    code, _, err = run("export", f"--workdir={trained}", *words)
    assert code == 2 and err.startswith(sentence)


def test_a_damaged_package_is_refused(packages, puzzles, run, tmp_path):
    folder = shutil.copytree(packages(run), tmp_path / "package")
    path = folder / "segment.onnx"
    path.write_bytes(path.read_bytes()[:-1])
    for command in ("solve", "evaluate", "verify"):
        words = puzzles[:1] if command == "solve" else []
        code, _, err = run(command, f"--package={folder}", *words)
        assert code == 2 and "segment.onnx is not what was packed" in err


def test_a_verified_package_still_is_whole(packages, trained, puzzles, run, tmp_path):
    folder = shutil.copytree(packages(run, "onnx", 32), tmp_path / "package")
    words = f"--package={folder}", f"--workdir={trained}"
    for limit in ("abc", "-3", "0.5"):
        code, _, err = run("verify", *words, f"--limit={limit}")
        assert code == 2 and "--limit is" in err
    assert run("verify", *words, "--limit=8")[0] == 0
    assert "\n8 test examples" in (folder / "README.md").read_text()
    assert len(answers(run, f"--package={folder}", *puzzles)) == len(puzzles)


def test_verify_says_what_part_of_the_answers_differs():
    home = pathlib.Path("runs/it")
    assert verify.verdict(1.0, home) == "The package answers as runs/it does."
    told = "87.5% of its answers are those of runs/it"
    assert verify.verdict(0.875, home).startswith(told)


def test_verify_wants_the_run_that_the_package_is_of(packages, trained, run, tmp_path):
    folder = packages(run)
    code, _, err = run("verify", f"--package={folder}")
    assert code == 2 and "--workdir=RUN" in err
    manifest = package.read(folder)
    other = shutil.copytree(folder, tmp_path / "other")
    manifest["source"]["weights_sha256"] = "0" * 64
    package.seal(other, manifest)
    code, _, err = run("verify", f"--package={other}", f"--workdir={trained}")
    assert code == 2 and "made of other weights" in err


@pytest.mark.slow
def test_verify_finds_a_package_that_answers_otherwise(
    packages, trained, run, tmp_path
):
    """One whose states begin elsewhere than the run's."""
    folder = shutil.copytree(packages(run, "onnx", 32), tmp_path / "package")
    manifest = package.read(folder)
    manifest["initial"]["z_h"] = [5.0] * len(manifest["initial"]["z_h"])
    package.seal(folder, manifest)
    code, out, _ = run("verify", f"--package={folder}", f"--workdir={trained}")
    assert code == 1 and "At fault" in out


@pytest.mark.slow
def test_boards_of_another_kind_are_refused(packages, run):
    folder = packages(run)
    code, _, err = run("evaluate", f"--package={folder}", "--config.data.box_cols=3")
    assert code == 2 and "answers a 4x4 Sudoku and no 6x6 Sudoku" in err
    maze = "--config=configs/maze_hard.py:tiny"
    code, _, err = run("solve", f"--package={folder}", maze, f"S{' ' * 34}G")
    assert code == 2 and "answers a 4x4 Sudoku and no 6x6 maze" in err
    code, _, err = run("solve", f"--package={folder}", "123")
    assert code == 2 and "solves a 4x4 Sudoku a line" in err


@pytest.mark.slow
def test_fidelity_measures_all_roundings(trained, run, tmp_path):
    path = tmp_path / "fidelity.json"
    code, out, _ = run("fidelity", f"--workdir={trained}", f"--output={path}")
    assert code == 0
    variants = json.loads(path.read_text())["variants"]
    expected = {"float", "int8 nearest", "int8 calibrated"}
    expected |= {f"int4 {how}" for how in ("nearest", "calibrated", "mixed")}
    assert variants.keys() == expected
    assert variants["float"]["same_answer"] == 1
    sizes = [variants[name]["bytes"] for name in ("float", "int8 nearest")]
    assert sizes[0] > sizes[1] > variants["int4 nearest"]["bytes"]
    assert all(name in out for name in expected)
    assert path.with_suffix(".png").stat().st_size > 1000


def test_the_calibration_puzzles_are_no_test_puzzles(trained):
    from commands import flags
    from commands.trained import Trained

    line = flags.parse(["main.py", "export", f"--workdir={trained}"])
    run = Trained.of(line)
    known, held = run.known(1000), loader.read_all(run._dataset.test, 0)
    assert len(known.inputs) == 16
    seen = {row.tobytes() for row in known.inputs}
    assert not seen & {row.tobytes() for row in held.inputs}
