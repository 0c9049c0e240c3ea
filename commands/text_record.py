"""What a run of text was trained with, beside its config: tokens, and rows of them.

The rows of weights belong to tokens by their order alone, and a run that goes on takes
up its place in the rows: with others than these both would silently mean something
else.
"""

from __future__ import annotations

import contextlib
import json
import pathlib

from commands import corpora
from configs import Config
from data_pipeline.schema import UserError
from data_pipeline.text.task import TextTask
from data_pipeline.text.tokenizer import Tokenizer
from eval.atomic import write_json
from hrm_jax.text import form, learned
from hrm_jax.text.learned import Learned

TOKENIZER_FILE = "tokenizer.json"
FILE = learned.RECORD


def save(task: TextTask, workdir: pathlib.Path, config: Config) -> None:
    """Keeps both, where `require_same` allows it, and what the run learns by them, and
    in which form.

    Args:
      workdir: where the config is kept already.

    Raises:
      UserError: see there; or the workdir cannot be written to.
    """
    require_same(task, workdir)
    task.tokenizer.save(workdir / TOKENIZER_FILE)
    content = {
        "tokenizer": task.tokenizer.sha256,
        "rows": task.rows_digest,
        **_learned(task, workdir, config).record,
        form.KEY: form.of_run(workdir)._asdict(),
        corpora.KEY: corpora.of_data(task, workdir, config),
    }
    write_json(workdir / FILE, content)


def _learned(task: TextTask, workdir: pathlib.Path, config: Config) -> Learned:
    """With all that was learned before, by this run or those that it begins with."""
    found = learned.of_data(config, task.languages)
    # Of a run that goes on, another one may stand by now where it began.
    goes_on = (workdir / FILE).exists()
    if before := workdir if goes_on else config.train.start_from:
        with contextlib.suppress(UserError):  # it may be gone
            found = found.joined(learned.of_run(pathlib.Path(before)))
    return found


def require_same(task: TextTask, workdir: pathlib.Path) -> None:
    """May the run in the workdir, if there is one, go on with this task?

    Raises:
      UserError: its tokens or rows are others.
    """
    if not (workdir / FILE).exists():
        return
    tokenizer_of(workdir)
    if _read(workdir)["rows"] != task.rows_digest:
        raise UserError(
            f"Since the run in {workdir} began, the text that it is trained on, or its "
            "tokenizer, has changed, and its place there would mean another: restore "
            "what was there, or begin in another --workdir with train.start_from."
        )


def tokenizer_of(workdir: pathlib.Path) -> Tokenizer:
    """The tokenizer that the run in a workdir was trained with.

    Raises:
      UserError: it is not there, or is another one.
    """
    path = workdir / TOKENIZER_FILE
    if not path.is_file():
        raise UserError(
            f"{path}, by which the run knows its tokens, is not there: restore it."
        )
    tokenizer = Tokenizer.load(path)
    if tokenizer.sha256 != _read(workdir)["tokenizer"]:
        raise UserError(
            f"{path} is not the tokenizer that the run was trained with, whose tokens "
            "its weights know by number: restore it."
        )
    return tokenizer


def _read(workdir: pathlib.Path) -> dict[str, str]:
    path = workdir / FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {name: str(content[name]) for name in ("tokenizer", "rows")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path}, which says what the run was trained with, cannot be read "
            f"({error!r}): restore it."
        ) from error
