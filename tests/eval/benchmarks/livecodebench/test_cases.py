"""How the authors store test cases, and what else such a file may hold."""

import base64
import collections
import datetime
import json
import os
import pickle
import zlib

import pytest

from data_pipeline.schema import UserError
from eval.benchmarks.livecodebench.cases import Case, cases, within
from eval.benchmarks.problem import Problem

STORED = [{"input": "1\n2", "output": "3", "testtype": "stdin"}]
OTHER = [{"input": "é\n", "output": "4", "testtype": "stdin"}]


def packed(value):
    return base64.b64encode(zlib.compress(pickle.dumps(value))).decode()


def row(private, public=None):
    stored = json.dumps(STORED if public is None else public)
    return {"public_test_cases": stored, "private_test_cases": private}


@pytest.mark.parametrize("private", [packed(json.dumps(OTHER)), json.dumps(OTHER)])
def test_both_kinds_are_read(private):
    assert cases(row(private), "here") == [Case("1\n2", "3"), Case("é\n", "4")]


def test_private_ones_may_be_missing():
    only = {"public_test_cases": json.dumps(STORED)}
    assert cases(only, "here") == cases(row(""), "here") == [Case("1\n2", "3")]


class Runs:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_no_pickle_runs_anything(tmp_path):
    path = tmp_path / "made"
    with pytest.raises(UserError, match="here: the test cases cannot be read .*mkdir"):
        cases(row(packed(Runs(str(path)))), "here")
    assert not path.exists()


@pytest.mark.parametrize(
    "private",
    [
        *(packed(OTHER), packed(b"[]"), packed(collections.Counter("a")), packed("{")),
        *("no base 64", base64.b64encode(b"not compressed").decode(), "{}", "[1]"),
        base64.b64encode(zlib.compress(b"no pickle")).decode(),
        base64.b64encode(zlib.compress(pickle.dumps("[]")[:-3])).decode(),
        base64.b64encode(zlib.compress(pickle.dumps("[]"))[:-9]).decode(),
        json.dumps([{"input": 1, "output": "2"}]),
    ],
)
def test_malformed_cases_are_named(private):
    with pytest.raises(UserError, match="^row 7: "):
        cases(row(private), "row 7")


def test_problem_without_cases_is_malformed():
    with pytest.raises(UserError, match="there must be test cases"):
        cases(row("[]", public=[]), "here")


def test_window_holds_both_its_days():
    dates = ["2023-05-07T00:00:00", "2023-09-01T00:00:00", "2024-01-31T00:00:00"]
    problems = [Problem(date, "python", {"contest_date": date}) for date in dates]

    def found(*window):
        return [problem.id for problem in within(problems, *window)]

    day = datetime.date
    assert found() == dates
    assert found(day(2023, 5, 8)) == dates[1:]
    assert found(day(2023, 5, 7), day(2023, 9, 1)) == dates[:2]
    assert found(None, day(2023, 5, 6)) == []
