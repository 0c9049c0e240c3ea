"""Tells results: the first thing that a program in Python does."""

import json
import sys

_word = sys.stdin.readline().strip()


def told(value):
    """Writes a line with the word and a result."""
    sys.stdout.write(f"\n{_word} {_text(value)}\n")


def _text(value):
    if isinstance(value, dict):
        return f"dict {json.dumps(list(value.items()))}"
    if isinstance(value, tuple):
        return f"tuple {json.dumps(value)}"
    return json.dumps(value)
