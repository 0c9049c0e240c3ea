"""`fetch`: public data sets, from their homes to the data directory."""

from __future__ import annotations

from commands import hints
from commands.flags import CommandLine
from data_pipeline import fetch
from data_pipeline.schema import UserError


def run(line: CommandLine) -> int:
    """Downloads each data set that is named; what is there already stays.

    Raises:
      UserError: none is named, one is unknown, or a download fails.
    """
    if not line.arguments:
        raise UserError(
            f"Say which data set to fetch; there are {', '.join(fetch.DATASETS)}."
        )
    directory = line.config.data.directory
    for name in line.arguments:
        fetch.fetch(name, directory)
        words = ["train", f"--config=configs/{name}.py", f"--workdir=runs/{name}"]
        if directory != line.preset.data.directory:
            words.append(f"--config.data.directory={directory}")
        print(f"Train on it:\n  {hints.command(*words)}")
    return 0
