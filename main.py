"""python main.py [COMMAND] [--config=configs/NAME.py] [FLAGS]: start-up and dispatch.

Whatever needs JAX is imported late, so that help and mistakes are answered at once.
"""

from __future__ import annotations

import os
import platform
import sys
import warnings


def main(argv: list[str]) -> int:
    """Runs one command line and returns its exit code: see `commands/flags.py`."""
    try:
        from commands import flags
        from data_pipeline.schema import UserError

        try:
            if flags.asks_for_help(argv):
                print(flags.help_text())
                return 0
            code = run(flags.parse(argv))
            sys.stdout.flush()
            return code
        except UserError as error:
            print(error, file=sys.stderr)
            return 2
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read has gone; what is left in the buffer must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if error.filename is None:  # no mistake that a user could mend
            raise
        print(f"{error.filename}: {error.strerror}.", file=sys.stderr)
        return 2


def run(line) -> int:
    """Dispatches a parsed command line.

    Raises:
      UserError: whatever the user can mend.
    """
    _prepare_libraries()
    if line.command == "train":
        from commands import train
        from hrm_jax import processes

        processes.join()
        return train.run(line)
    if line.command == "evaluate":
        from commands import evaluate

        return evaluate.run(line)
    if line.command == "compare":
        from commands import compare

        return compare.run(line)
    if line.command == "solve":
        from commands import solve

        return solve.run(line)
    if line.command == "figures":
        from commands import figures

        return figures.run(line)
    if line.command == "convert":
        from commands import convert

        return convert.run(line)
    from commands import fetch

    return fetch.run(line)


def _prepare_libraries() -> None:
    """Silences what libraries tell their developers, and keeps compiled programs.

    By variables that they read when they are imported, and that a user may have set.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    # By machine: a home may be shared among processors that differ.
    compiled = os.path.join(cache, "hrm-jax", platform.node())
    if os.path.isabs(compiled):
        os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", compiled)
    # Where nothing can be kept, everything works, only slower.
    warnings.filterwarnings("ignore", ".*persistent compilation cache")
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")


if __name__ == "__main__":
    # Libraries that failed in a thread clean up late and loudly; the failure itself is
    # raised, and told, anyway.
    sys.unraisablehook = lambda unraisable: None
    sys.exit(main(sys.argv))
