"""Tells results: the first thing that a program in Python does."""

import json
import sys

_word = sys.stdin.readline().strip()


def told(value):
    """Writes a line with the word and a result as JSON."""
    sys.stdout.write(f"\n{_word} {json.dumps(_plain(value))}\n")


def _plain(value):
    if isinstance(value, dict):
        return [[key, _plain(one)] for key, one in value.items()]
    return value
