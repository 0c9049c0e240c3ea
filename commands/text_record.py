"""What a run of text was trained with, beside its config: tokens, and rows of them.

The rows of weights belong to tokens by their order alone, and a run that goes on takes
up its place in the rows: with others than these both would silently mean something
else.
"""

from __future__ import annotations

import contextlib
import pathlib

from commands import corpora
from configs import Config
from data_pipeline.schema import UserError
from data_pipeline.text.task import TextTask
from eval.atomic import write_json
from hrm_jax.text import form, learned, own_tokenizer
from hrm_jax.text.learned import Learned

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
    task.tokenizer.save(workdir / own_tokenizer.FILE)
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
    own_tokenizer.of_run(workdir)
    if own_tokenizer.recorded(workdir)["rows"] != task.rows_digest:
        raise UserError(
            f"Since the run in {workdir} began, the text that it is trained on, or its "
            "tokenizer, has changed, and its place there would mean another: restore "
            "what was there, or begin in another --workdir with train.start_from."
        )
