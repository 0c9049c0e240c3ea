"""The scores of an ARC exam in a file beside the report, and whose they are."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Mapping
from typing import Any

from data_pipeline.schema import UserError
from eval.atomic import write_json

NAME = "arc_scores.json"
_ABOUT = ("step", "data", "evaluation")


def write(
    found: Mapping[str, Any], folder: pathlib.Path, about: Mapping[str, Any]
) -> None:
    """Writes scores.

    Args:
      about: the checkpoint, and what is in the report's head: "step", and "data" and
        "evaluation" of the config.

    Raises:
      UserError: the file cannot be written.
    """
    write_json(folder / NAME, {"about": dict(about), **found})


def read(folder: pathlib.Path, about: Mapping[str, Any]) -> dict[str, Any] | None:
    """The scores in a folder, if they are of the same evaluation as a report.

    Args:
      about: the head of the report.

    Raises:
      UserError: they are damaged.
    """
    path = folder / NAME
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        theirs = [found["about"][name] for name in _ABOUT]
        if "shares" not in found:
            raise KeyError("shares")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path} is damaged ({error!r}): delete it and evaluate again."
        ) from error
    config = about["config"]
    ours = [about["step"], config["data"], config["evaluation"]]
    return found if theirs == json.loads(json.dumps(ours)) else None
