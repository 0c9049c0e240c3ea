"""Votes in a file: read as they were, gone on with, refused when damaged."""

import gzip

import numpy as np
import pytest

from data_pipeline.arc.puzzle_table import PuzzleTable
from data_pipeline.arc.queries import Queries
from data_pipeline.schema import UserError
from eval.arc import votes_file
from eval.arc.voting import Votes, vote
from tests.data_pipeline.arc.made import grid, some_tasks
from tests.eval.arc.oracles import oracle, scrambled

ABOUT = {"checkpoint": "runs/a", "seed": 0}


def contents(votes):
    return [
        (task, test, found.tolist(), tally)
        for task, test, found, tally in votes.tallies()
    ]


def some_votes():
    votes = Votes()
    said = [("a", "12", 0.1), ("b", "9", 0.2), ("a", "12", 0.7)]
    for name, written, confidence in said:
        votes.add(name, 3, grid(written), confidence)
    votes.add("c", 0, np.zeros((0, 0), np.uint8), 0.5)
    return votes


def test_votes_come_back(tmp_path):
    path = tmp_path / "votes.jsonl.gz"
    votes = some_votes()
    votes_file.write(votes, path, ABOUT)
    again = votes_file.read(path, ABOUT)
    assert contents(again) == contents(votes)
    assert (again.done, again.without_grid) == (4, 1)
    assert votes_file.read(tmp_path / "none", ABOUT).done == 0


class Stopped(Exception):
    pass


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path):
    path = tmp_path / "votes.jsonl.gz"
    tasks = some_tasks()
    queries = Queries(tasks, PuzzleTable(tasks, 12, seed=0), 6, augmentations=12)
    model = scrambled(oracle(queries))
    whole = Votes()
    vote(model, queries, 8, lambda done, total: None, whole)
    for stop in (16, 40, 99):
        votes = votes_file.read(path, ABOUT)

        def progress(done, total, votes=votes, stop=stop):
            votes_file.write(votes, path, ABOUT)
            if done >= stop:
                raise Stopped

        if stop < len(queries):
            with pytest.raises(Stopped):
                vote(model, queries, 8, progress, votes)
            assert votes.done == stop
        else:
            vote(model, queries, 8, progress, votes)
    assert contents(votes_file.read(path, ABOUT)) == contents(whole)


def test_other_votes_and_damaged_ones_are_refused(tmp_path):
    path = tmp_path / "votes.jsonl.gz"
    votes_file.write(some_votes(), path, ABOUT)
    with pytest.raises(UserError, match="votes.jsonl.gz are of another evaluation"):
        votes_file.read(path, ABOUT | {"seed": 1})
    whole = path.read_bytes()
    for damaged in (
        b"",
        b"text",
        whole[: len(whole) // 2],
        whole[:30] + bytes(20) + whole[50:],
        gzip.compress(b"{}"),
        gzip.compress(gzip.decompress(whole) + b"[1]"),
    ):
        path.write_bytes(damaged)
        with pytest.raises(UserError, match="votes.jsonl.gz are damaged"):
            votes_file.read(path, ABOUT)
