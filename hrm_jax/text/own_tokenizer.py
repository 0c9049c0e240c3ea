"""The tokenizer that a run of text keeps: its weights know the tokens by number."""

from __future__ import annotations

import json
import pathlib

from data_pipeline.schema import UserError
from data_pipeline.text.tokenizer import Tokenizer
from hrm_jax.text import learned

FILE = "tokenizer.json"


def of_run(workdir: pathlib.Path) -> Tokenizer:
    """The tokenizer that the run in a workdir was trained with.

    Raises:
      UserError: it is not there, or is another one.
    """
    path = workdir / FILE
    if not path.is_file():
        raise UserError(
            f"{path}, by which the run knows its tokens, is not there: restore it."
        )
    tokenizer = Tokenizer.load(path)
    if tokenizer.sha256 != recorded(workdir)["tokenizer"]:
        raise UserError(
            f"{path} is not the tokenizer that the run was trained with, whose tokens "
            "its weights know by number: restore it."
        )
    return tokenizer


def recorded(workdir: pathlib.Path) -> dict[str, str]:
    """What the run in a workdir says of its "tokenizer" and of its "rows" of tokens:
    a checksum each.

    Raises:
      UserError: it cannot be read.
    """
    path = workdir / learned.RECORD
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {name: str(content[name]) for name in ("tokenizer", "rows")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path}, which says what the run was trained with, cannot be read "
            f"({error!r}): restore it."
        ) from error
