"""Files of rows in their authors' formats."""

import json

import pytest


def write(path, rows):
    """Writes rows as JSON lines; returns the path."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def graded(benchmark, sandbox, completion, place=0):
    """What a benchmark makes of a completion for one of its problems."""
    problem = benchmark.problems[place]
    return benchmark.grade(problem, benchmark.extract(problem, completion), sandbox)


def golden(benchmark, sandbox, place=0):
    return graded(benchmark, sandbox, benchmark.gold(benchmark.problems[place]), place)


def slow(*values):
    """A case that runs with the slow tests: others say nearly as much."""
    return pytest.param(*values, marks=pytest.mark.slow)
