"""`export`: a run as a package that runs without this project."""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import sys

from commands import commit, provenance, subject
from commands.flags import CommandLine
from configs import Config
from data_pipeline.schema import UserError
from eval.atomic import replacing
from hrm_jax import saved_config
from hrm_jax.export import formats, package
from hrm_jax.export.choice import Choice
from hrm_jax.quantization import QuantizationConfig


def run(line: CommandLine) -> int:
    """Makes the package in `--output`, and has another process verify it.

    Raises:
      UserError: there is no run, a flag is wrong, there is no such package of the
        model, or `--output` holds other files.
    """
    choice = _choice(line)
    run = subject.of(line)
    if run.about["task"]["kind"] == "text" and (
        choice.format != "onnx" or choice.whole
    ):
        raise UserError("A run of text is packed with --format=onnx alone.")
    name = f"{choice.format}-{choice.bits}"
    output = pathlib.Path(line.flags.output or line.run / "packages" / name)
    _require_free(output)
    weights = run.weights
    if choice.bits <= 8:
        rounded = run.watch().quantized(choice.bits, choice.rounding, choice.block)
        weights = weights._replace(variables=rounded)
    about = run.about | choice._asdict()
    about |= {
        "source": {
            "run": str(line.run),
            "weights_sha256": run.weights_sha256,
            "step": run.step,
            "commit": commit.commit(commit.HOME),
            "config": saved_config.plain(saved_config.load(line.run)),
        },
    }
    writer = formats.FORMATS[choice.format].write
    with replacing(output.absolute()) as whole:
        whole.mkdir()
        run.copy(whole)
        about |= writer(whole, run.model, weights, about)
        shutil.copy(commit.HOME / "LICENSE", whole)
        package.seal(whole, about)
        _verify(line, whole)
        if output.exists():
            shutil.rmtree(output)
    size = sum(path.stat().st_size for path in output.rglob("*"))
    print(
        f"{output} is a package of {size / 1e6:,.2f} MB.\n"
        f"How it is run, and what it can do: {output / 'README.md'}"
    )
    return 0


def _require_free(output: pathlib.Path) -> None:
    """An older package is replaced, and nothing else is.

    Raises:
      UserError: other files are there.
    """
    taken = output.exists() and (not output.is_dir() or any(output.iterdir()))
    if taken and not package.is_one(output):
        raise UserError(
            f"{output} holds something that is no package: choose another --output."
        )


def _choice(line: CommandLine) -> Choice:
    flags = line.flags
    saved: Config = saved_config.load(line.run)
    return Choice.of(
        QuantizationConfig(**saved.quantization),
        format=flags.format,
        bits=flags.bits,
        rounding=flags.rounding,
        block=flags.block,
        products=flags.products,
        whole=flags.whole,
    )


def _verify(line: CommandLine, package_folder: pathlib.Path) -> None:
    """In a process that has not made the package.

    Raises:
      UserError: it does not answer as the run does; that process has said how.
    """
    words = ["verify", f"--package={package_folder}", f"--workdir={line.run}"]
    if line.flags.latest:
        words.append("--latest")
    words += provenance.overriding(line.config, saved_config.load(line.run))
    command = [sys.executable, str(commit.HOME / "main.py"), *words]
    if subprocess.run(command, check=False).returncode:
        raise UserError(f"{line.run} was not exported: its package failed, see above.")
