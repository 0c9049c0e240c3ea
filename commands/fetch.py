"""`fetch`: public data sets, from their homes to the data directory."""

from __future__ import annotations

import pathlib

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
            "Say which data set to fetch: `python main.py fetch sudoku_extreme`."
        )
    for name in line.arguments:
        fetch.fetch(name, pathlib.Path(line.config.data.directory))
    return 0
