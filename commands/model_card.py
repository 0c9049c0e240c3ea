"""The model card of a package: what it is, what it can do, how it is run."""

from __future__ import annotations

import json
import pathlib
from typing import Any

from commands.text_answers import LEAST
from eval.statistics import Rate, interval_text
from hrm_jax.export import package

_RUN = {
    "onnx": (
        "pip install numpy onnxruntime\npython run.py PUZZLE",
        "`run.py` needs numpy and onnxruntime alone, neither JAX nor the project.",
    ),
    "safetensors": (
        "python main.py solve --package=FOLDER PUZZLE",
        "The weights are in the pack-quantized layout of compressed-tensors; the "
        "project's own runtime multiplies with them as they are stored.",
    ),
    "stablehlo": (
        "pip install numpy jax flatbuffers\npython run.py PUZZLE",
        "The programs are for CPU, CUDA and TPU; `run.py` needs no more than this.",
    ),
}

_WRITING = (
    "pip install numpy onnxruntime tokenizers\npython run.py PROMPT",
    "`run.py` needs numpy, onnxruntime and tokenizers alone, neither JAX nor the "
    "project.",
)
_COMPARED = f"""
Of each answer {LEAST} tokens are compared, or as many as the data's own has where these
are more. Segments are those up to the one that answers; the package goes through all
of them."""
_SEEN = (
    "that the model was not trained on",
    "that it was trained on, as its data hold out none",
)
_ABOUT_BOARDS = """\
A hierarchical reasoning model: it thinks in segments about the whole board, says after
each how sure it is, and stops once it is sure. Puzzles are written
"""
_ABOUT_TEXT = """\
A hierarchical reasoning model that writes: it reads the prompt as a whole, and thinks
about each token that it writes by calling the same modules again and again."""


def write(folder: pathlib.Path, about: package.Manifest) -> None:
    """Writes `README.md`, from what the manifest and the verification say."""
    result = json.loads((folder / package.VERIFICATION).read_text(encoding="utf-8"))
    of_text = about["task"]["kind"] == "text"
    commands, note = _WRITING if of_text else _RUN[about["format"]]
    seen = _SEEN[result["split"] == "training"]
    text = f"""\
# A reasoner for {"text" if of_text else "a " + about["task"]["name"]}

{_ABOUT_TEXT if of_text else _ABOUT_BOARDS + _notation(about["task"]) + "."}

```
{commands}
```

{note}

{_table(["", ""], _facts(about))}

## Measured

By `python main.py verify`, in a process of its own, on
{result["puzzles"]:,} {result["split"]} examples, {seen}:

{_table(["", "the run it was made of", "this package"], _scores(result))}

The answers are the same to {result["same_answer"]:.1%} of them. Exact match counts
whole answers; intervals are of 95 %.{_COMPARED if of_text else ""}

## Limits

It answers badly whatever is unlike what it was trained on. Its answers are guesses:
check puzzles by their rules, and programs by tests, in a sandbox. `package.json` has
the whole config, and size and checksum of each file.
"""
    (folder / "README.md").write_text(text, encoding="utf-8")


def _table(head: list[str], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _facts(about: package.Manifest) -> list[tuple[str, ...]]:
    model, halting, source = about["model"], about["halting"], about["source"]
    layers = model["h_layers"] + model["l_layers"]
    weights = f"floats of {about['bits']} bits"
    if about["bits"] <= 8:
        weights = f"{about['bits']} bits, rounding {about['rounding']}"
        if about.get("products") == "integer":
            weights += ", activations of 8 bits"
    stops = "answers" if about["task"]["kind"] == "text" else "stops"
    return [
        ("weights", weights),
        ("model", f"{model['recurrence']}, width {model['width']}, {layers} layers"),
        ("cycles", f"{model['h_cycles']} x {model['l_cycles']} in a segment"),
        (stops, _stops(halting["max_segments"], halting["min_confidence"])),
        ("trained", f"{source['step']:,} steps, {source['config']['data']['dataset']}"),
        ("checksum of the run's weights", source["weights_sha256"]),
        ("commit", source["commit"] or "unknown"),
        ("licence", "Apache 2.0 (`LICENSE`)"),
    ]


def _stops(max_segments: int, min_confidence: float | None) -> str:
    most = f"after {max_segments} segment{'s' if max_segments > 1 else ''}"
    return most if min_confidence is None else f"{min_confidence:.0%} sure, or {most}"


def _scores(result: dict[str, Any]) -> list[tuple[str, ...]]:
    return [
        ("exact match", *(_rate(one, result) for one in result["exact_match"])),
        ("tokens right", *(f"{one:.1%}" for one in result["token_accuracy"])),
        ("segments", *(f"{one:.2f}" for one in result["segments"])),
    ]


def _rate(share: float, result: dict[str, Any]) -> str:
    rate = Rate(round(share * result["puzzles"]), result["puzzles"])
    return f"{rate.value:.1%} ({interval_text(rate.interval())})"


def _notation(task: dict[str, Any]) -> str:
    signs = " ".join(f"`{characters[0]}`" for characters in task["alphabet"][1:])
    return f"row by row, {task['rows']} x {task['cols']} characters of {signs}"
