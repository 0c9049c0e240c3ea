"""`fetch`: public data sets, from their homes to the data directory."""

from __future__ import annotations

from commands import hints
from commands.flags import CommandLine
from data_pipeline import fetch, hub
from data_pipeline.schema import UserError

_PRESETS = {
    "sudoku_extreme": "configs/sudoku_extreme.py",
    "maze_hard": "configs/maze_hard.py:trm_attention",
    "arc1": "configs/arc.py:tiny",
    "arc2": "configs/arc.py:arc2_trm",
}
"""To train on a data set; ConceptARC is trained on with the others."""


def run(line: CommandLine) -> int:
    """Downloads each data set that is named; what is there already stays.

    Raises:
      UserError: none is named, one is unknown, or a download fails.
    """
    if not line.arguments:
        known = ", ".join((*fetch.DATASETS, *fetch.ARCHIVES))
        raise UserError(
            f"Say which data set to fetch; there are {known}, and with source code any "
            "OWNER/SET of HuggingFace."
        )
    directory = line.config.data.directory
    elsewhere = directory != line.preset.data.directory
    for name in line.arguments:
        if "/" in name:
            paths = hub.fetch_tables(name, directory)
            tables = ",".join(map(str, paths))
            print(f"Read source code from it: --config.data.corpus={tables}")
            continue
        fetch.fetch(name, directory)
        if name in fetch.ARCHIVES and elsewhere:
            print("Name its folders by data.arc_training and data.arc_evaluation.")
        elif name in _PRESETS:
            words = ["train", f"--config={_PRESETS[name]}", f"--workdir=runs/{name}"]
            if elsewhere:
                words.append(f"--config.data.directory={directory}")
            print(f"Train on it:\n  {hints.command(*words)}")
    return 0
