"""What the card of a package tells of it."""

import json

import pytest

from commands import model_card
from hrm_jax.export import package

MEASURED = {
    "puzzles": 20,
    "split": "test",
    "exact_match": [0.5, 0.5],
    "token_accuracy": [0.9, 0.9],
    "segments": [1.0, 1.5],
    "same_answer": 0.95,
}
BOARD = {
    "kind": "sudoku",
    "name": "4x4 Sudoku",
    "rows": 4,
    "cols": 4,
    "alphabet": ["", ".", *"1234"],
}
TEXT = {"kind": "text", "name": "text", "tokenizer": "tokenizer.json"}


@pytest.fixture
def card(tmp_path):
    """The card of a package in ONNX."""

    def card(task: dict) -> str:
        model = {"recurrence": "hierarchical", "width": 8, "h_layers": 1, "l_layers": 1}
        about = {
            "format": "onnx",
            "task": task,
            "model": {**model, "h_cycles": 1, "l_cycles": 1},
            "halting": {"max_segments": 3, "min_confidence": 0.5},
            "bits": 32,
            "source": {
                "step": 7,
                "config": {"data": {"dataset": "any"}},
                "weights_sha256": "0" * 64,
                "commit": None,
            },
        }
        (tmp_path / package.VERIFICATION).write_text(json.dumps(MEASURED))
        model_card.write(tmp_path, about)
        return (tmp_path / "README.md").read_text()

    return card


@pytest.mark.parametrize("task", [BOARD, TEXT])
def test_what_run_py_needs_is_what_is_to_be_installed(card, task):
    told = card(task)
    install = next(line for line in told.splitlines() if line.startswith("pip "))
    *names, last = install.removeprefix("pip install ").split()
    assert f"`run.py` needs {', '.join(names)} and {last} alone, neither JAX" in told


def test_a_text_package_goes_through_all_segments_whichever_answers(card):
    said = "Segments are those up to the one that answers; the package goes through all"
    assert said in card(TEXT) and "| answers | 50% sure, or after 3 seg" in card(TEXT)
    assert said not in card(BOARD) and "| stops | 50% sure, or after 3" in card(BOARD)
