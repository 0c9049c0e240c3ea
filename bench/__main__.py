"""Everything that is timed, in one table: `make bench`, or

    python -m bench --only train_step segment
    python -m bench --quick

Sizes follow the device: the published ones on an accelerator, less on a CPU. PyTorch is
optional. The table is printed and saved with every round; the targets stand below it.
"""

from __future__ import annotations

import argparse
import functools
import os
import pathlib
import platform
import subprocess
import sys
from collections.abc import Callable

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
# PyTorch needs memory of the same GPU.
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")

import jax

from bench import (
    attention,
    data_pipeline,
    generation,
    halting,
    quantized_matmul,
    segment,
    table,
    targets,
    train_step,
)
from bench.setting import Setting
from bench.table import Row
from data_pipeline.schema import UserError

PARTS: dict[str, Callable[[Setting], list[Row]]] = {
    "attention": attention.rows,
    "quantized_matmul": quantized_matmul.rows,
    "data_pipeline": data_pipeline.rows,
    "segment": segment.rows,
    "train_step": train_step.rows,
    "halting": halting.rows,
    "generation": generation.rows,
}


def positive_number(word: str) -> int:
    number = int(word)
    if number < 1:
        raise ValueError
    return number


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--quick", action="store_true", help="small, in minutes")
    parser.add_argument("--batch", type=positive_number, help="of the model's steps")
    parser.add_argument("--rounds", type=positive_number)
    parser.add_argument("--dtype", choices=("float32", "bfloat16"))
    parser.add_argument("--output", type=pathlib.Path, default="runs/bench.json")
    parser.add_argument(
        "--run", type=pathlib.Path, help="to evaluate; else a small one"
    )
    options = parser.parse_args()
    parts = PARTS | {"halting": functools.partial(halting.rows, workdir=options.run)}
    setting = Setting.here(options.quick, options.batch, options.rounds, options.dtype)
    rows: list[Row] = []
    for name in options.only:
        try:
            rows += parts[name](setting)
        except UserError as error:
            print(error, file=sys.stderr)
            return 2
        except subprocess.CalledProcessError as error:  # which has said why
            return error.returncode
        # As far as it has come, so that nothing is lost.
        table.save(options.output, about(setting), rows)
    print(f"\n{table.text(rows)}")
    print("\n" + "\n".join(targets.lines(rows, jax.default_backend())))
    print(f"\nEvery round is in {options.output}.")
    return 0


def about(setting: Setting) -> dict[str, object]:
    return {
        "device": jax.devices()[0].device_kind,
        "platform": jax.default_backend(),
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "jax": jax.__version__,
        "setting": setting._asdict(),
    }


if __name__ == "__main__":
    sys.exit(main())
