"""Run by an interpreter that has the package swebench: answers with what it finds.

Takes a list of cases as JSON on standard input, and writes as many answers.
"""

import json
import pathlib
import sys
import tempfile

from swebench.harness import grading, log_parsers, utils

_INSTANCE = "one"


def statuses(case):
    """The statuses of a log; the name of the error that the parser raises."""
    parser = log_parsers.PARSER_REGISTRY[case["parser"]]
    try:
        return parser(case["log"], None)
    except IndexError as error:
        return type(error).__name__


def report(case):
    """What their harness writes to report.json."""
    spec = utils.make_test_spec(case["row"])
    answer = {"instance_id": spec.instance_id, "model_patch": "x"}
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder, "test_output.txt")
        log.write_text(case["log"], encoding="utf-8")
        return grading.get_eval_report(spec, answer, str(log), True)


def script(case):
    return utils.make_test_spec(case["row"]).eval_script


if __name__ == "__main__":
    does = {"statuses": statuses, "report": report, "script": script}
    json.dump([does[case["do"]](case) for case in json.load(sys.stdin)], sys.stdout)
