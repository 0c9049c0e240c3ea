"""`demo-page`: a package as a page that thinks in anybody's browser."""

from __future__ import annotations

import os
import pathlib

from commands.flags import CommandLine
from data_pipeline import users_cache
from data_pipeline.schema import UserError
from hrm_jax.export.page import runtime, write


def run(line: CommandLine) -> int:
    """Writes the page of `--package` into `--output`, or beside the package.

    Raises:
      UserError: see `write.write`; or onnxruntime-web cannot be fetched.
    """
    package = line.package
    if package is None:
        raise UserError("`demo-page` makes a page of a package: add --package=FOLDER.")
    beside = package.resolve().with_name(f"{package.resolve().name}-page")
    output = pathlib.Path(line.flags.output or os.path.relpath(beside))
    if line.flags.runtime:
        fetched = pathlib.Path(line.flags.runtime)
    else:
        fetched = runtime.fetch(users_cache.folder() / "npm")
    write.write(package, output, fetched)
    size = sum(path.stat().st_size for path in output.rglob("*"))
    print(
        f"{output} is a page of {size / 1e6:,.0f} MB, which needs no network. Open\n"
        f"  {output / 'index.html'}\n"
        "in a browser, or let any server of static files offer the folder."
    )
    return 0
