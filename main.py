"""python main.py [COMMAND] [--config=configs/NAME.py] [FLAGS]: start-up and dispatch.

Code that needs JAX is imported late, so that help and error messages appear at once.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import sys
import warnings

from commands import output
from data_pipeline import users_cache

_WITHOUT_JAX = (
    *("agent", "benchmark", "compare", "contamination", "demo-page", "doctor", "fetch"),
    *("programs", "search"),
)
_WRITE_ALONE = ("doctor", "generate", "programs", "solve")
"""Commands that end when nobody reads what they write; others have more to do."""
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def main(argv: list[str]) -> int:
    """Runs one command line and returns its exit code: see `commands/flags.py`."""
    # Not even a complaint that nobody reads may hide the exit code.
    with contextlib.redirect_stderr(output.for_readers(sys.stderr)):
        return _exit_code(argv)


def _exit_code(argv: list[str]) -> int:
    try:
        code = _answer(argv)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # whoever read has gone
        output.silence(sys.stdout)
        return 0
    except OSError as error:
        if error.filename is not None:
            print(f"{error.filename}: {error.strerror}.", file=sys.stderr)
        elif error.errno in _NO_ROOM:
            output.silence(sys.stdout)
            print(
                f"The output cannot be written ({error.strerror}): make room, or send "
                "it elsewhere.",
                file=sys.stderr,
            )
        else:  # no mistake that a user could fix
            raise
        return 2


def _answer(argv: list[str]) -> int:
    from commands import flags
    from data_pipeline.schema import UserError

    try:
        if flags.asks_for_help(argv):
            print(flags.help_text(argv[1:]))
            return 0
        return run(flags.parse(argv))
    except UserError as error:
        print(error, file=sys.stderr)
        return 2


def run(line) -> int:
    """Dispatches a parsed command line.

    Raises:
      UserError: whatever the user can fix.
    """
    _prepare_libraries()
    if line.command in _WRITE_ALONE:
        return _dispatch(line)
    with contextlib.redirect_stdout(output.for_readers(sys.stdout)):
        return _dispatch(line)


def _dispatch(line) -> int:
    module = f"commands.{line.command.replace('-', '_')}"
    if line.command in _WITHOUT_JAX and line.workdir is None:
        return importlib.import_module(module).run(line)
    from hrm_jax import processes

    if line.command == "train":
        processes.join(line.flags.flag_values_dict())
    else:
        processes.require_one(line.command)
    with processes.explain_out_of_memory():
        return importlib.import_module(module).run(line)


def _prepare_libraries() -> None:
    """Silences what libraries tell their developers, and keeps compiled programs.

    By variables that they read when they are imported, and that a user may have set.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    compiled = users_cache.folder_of_machine()
    if compiled.is_absolute():
        os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(compiled))
    # Where nothing can be kept, everything works, only slower.
    warnings.filterwarnings("ignore", ".*persistent compilation cache")
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")


if __name__ == "__main__":
    sys.exit(main(sys.argv))
