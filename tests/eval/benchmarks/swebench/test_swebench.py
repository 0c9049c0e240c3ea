"""SWE-bench: formats, patches, and proxies that are called so."""

import dataclasses
import json
import re
import time

import pytest

from data_pipeline.schema import UserError
from eval.benchmarks.edits import unified
from eval.benchmarks.problem import Kind
from eval.benchmarks.swebench import (
    application,
    benchmark,
    instances,
    logs,
    patch,
    proxies,
)
from eval.benchmarks.swebench.instances import Prediction

OLD = "import os\n\n\ndef first(text):\n    return text[1]\n"
NEW = OLD.replace("[1]", "[0]")
GOLD = unified.difference({"src/words.py": OLD}, {"src/words.py": NEW})
OTHER = unified.difference({"README": "a\n"}, {"README": "b\n"})
NUMBERED = "\n".join(f"{n} {line}" for n, line in enumerate(OLD.split("\n"), 1))
ROW = {
    "instance_id": "owner__words-1",
    "repo": "psf/requests",
    "base_commit": "0" * 40,
    "problem_statement": "first() gives the second letter.",
    "patch": GOLD,
    "FAIL_TO_PASS": '["tests/test_words.py::test_first"]',
    "PASS_TO_PASS": '["tests/test_words.py::test_last"]',
    "text": f"<code>\n[start of src/words.py]\n{NUMBERED}\n[end of src/words.py]\n",
}


@pytest.fixture
def suite(tmp_path):
    path = tmp_path / "lite.jsonl"
    path.write_text(json.dumps(ROW) + "\n")
    return benchmark.load(path)


def test_instance_is_read_with_its_tests_and_the_files_it_shows(suite):
    instance = suite.instance(suite.problems[0])
    assert instance.fail_to_pass == ("tests/test_words.py::test_first",)
    assert instance.pass_to_pass == ("tests/test_words.py::test_last",)
    assert instance.shown == {"src/words.py": OLD}
    assert suite.problems[0].row == ROW
    assert suite.prompt(suite.problems[0]).text == ROW["text"]


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"patch": None}, "row 1: 'patch' must be a text"),
        ({"FAIL_TO_PASS": "["}, "'FAIL_TO_PASS' is no JSON"),
        ({"PASS_TO_PASS": "{}"}, "'PASS_TO_PASS' must be a list of names"),
    ],
)
def test_malformed_instance_is_one_sentence(tmp_path, change, sentence):
    path = tmp_path / "lite.jsonl"
    path.write_text(json.dumps(ROW | change) + "\n")
    with pytest.raises(UserError, match=sentence):
        benchmark.load(path)
    path.write_text(2 * (json.dumps(ROW) + "\n"))
    with pytest.raises(UserError, match="'owner__words-1' more than once"):
        benchmark.load(path)


def test_predictions_are_what_the_authors_harness_reads(tmp_path):
    path = tmp_path / "predictions.jsonl"
    some = [Prediction("a-1", "m", GOLD), Prediction("a-2", "m", None)]
    instances.write_predictions(path, some)
    names = "instance_id", "model_name_or_path", "model_patch"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    values = map(dataclasses.astuple, some)
    assert rows == [dict(zip(names, one, strict=True)) for one in values]


def test_gold_patch_is_like_itself_and_the_empty_one_like_nothing(suite, strongest):
    (problem,) = suite.problems
    instance = suite.instance(problem)
    gold = suite.extract(problem, suite.gold(problem))
    assert gold == GOLD
    assert proxies.measure(instance, gold, strongest) == proxies.Proxies(1, 1, True)
    assert proxies.measure(instance, "", strongest) == proxies.Proxies(0, 0, True)
    both = proxies.measure(instance, gold + OTHER.replace("README", "new"), strongest)
    assert (both.similarity, both.file_recall) == (proxies.MALFORMED, 0.0)
    alone = proxies.similarity(patch.parse(gold + OTHER), patch.parse(gold))
    assert alone == 0.5
    assert proxies.recall(patch.parse(gold + OTHER), patch.parse(gold)) == 1.0


def test_summary_calls_proxies_so():
    found = [
        proxies.Proxies(1.0, 1.0, True),
        proxies.Proxies(0.5, 0.5, None),
        proxies.Proxies(proxies.MALFORMED, 0.0, False, "no diff"),
    ]
    assert proxies.summary(found) == {
        "patches": 3,
        "malformed": 1,
        "proxy_similarity": pytest.approx(0.5 / 3),
        "proxy_file_recall": 0.5,
        "proxy_applies": 0.5,
    }
    assert proxies.summary([])["proxy_similarity"] is None


def test_no_patch_ever_passes_and_proxies_are_called_so(suite, strongest):
    (problem,) = suite.problems
    assert "proxies" in suite.name and "no tests" in suite.name
    gold = suite.grade(problem, GOLD, strongest)
    assert gold.kind == Kind.NOT_RUN
    assert "proxies, no test was run: similarity 1.000" in gold.detail
    for bad in ("nonsense", GOLD.replace("text[1]", "text[7]"), GOLD[:-20]):
        found = suite.grade(problem, bad, strongest)
        assert found.kind == Kind.MALFORMED
        assert "proxies, no test was run: similarity -1.000" in found.detail


@pytest.mark.parametrize(
    "completion",
    [
        GOLD,
        f"So:\n<patch>\n{GOLD}</patch>\nDone.",
        f"<b>x</b>\n```diff\n{GOLD}```\n",
        f"```\n{GOLD}```",
        f"{GOLD}</s>more",
    ],
)
def test_patch_is_found_in_a_model_s_text(suite, completion):
    assert suite.extract(suite.problems[0], completion).strip() == GOLD.strip()
    assert suite.extract(suite.problems[0], " \n") == ""


def test_patch_is_parsed_by_files():
    text = (
        GOLD
        + "diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n"
        + unified.difference({"old": "1\n", "z": ""}, {"new": "2\n", "z": "3"})
    )
    found = patch.parse("A word before.\n" + text)
    assert [(one.old, one.new, len(one.hunks)) for one in found] == [
        ("src/words.py", "src/words.py", 1),
        ("x", "y", 0),
        (None, "new", 1),
        ("old", None, 1),
        ("z", "z", 1),
    ]
    assert found[-1].hunks == ["@@ -0,0 +1,1 @@\n+3\n\\ No newline at end of file"]
    assert patch.paths(found) == {"src/words.py", "x", "y", "new", "old", "z"}
    assert patch.parse(" \n") == []


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("Hello.", "no diff in the patch"),
        ("--- a/x\n@@ -1 +1 @@\n", "a --- line without"),
        ("@@ -1 +1 @@\n-a\n+b\n", "a hunk before any file"),
        ("--- a/x\n+++ b/x\n@@ nothing @@\n", "is no head of a hunk"),
        ("--- a/x\n+++ b/x\n@@ -1,2 +1 @@\n-a\n+b\n", "other lines than it says"),
        ("--- a/x\n+++ b/x\n@@ -1,9 +1 @@\n-a\n+b\n", "fewer lines than it says"),
        ("--- /dev/null\n+++ /dev/null\n", "for both of its paths"),
    ],
)
def test_malformed_patch_is_one_sentence(text, sentence):
    with pytest.raises(patch.PatchError, match=sentence):
        patch.parse(text)


def test_patch_is_applied_wholly_or_not_at_all(strongest):
    files = {"src/words.py": OLD.encode(), "README": b"a\n", "rest": b"\0\xff"}
    after = application.apply(GOLD + OTHER, files, strongest)
    assert after == {**files, "src/words.py": NEW.encode(), "README": b"b\n"}
    with pytest.raises(patch.PatchError, match="(?s)does not apply.*README"):
        application.apply(GOLD + OTHER, {**files, "README": b"z\n"}, strongest)
    with pytest.raises(patch.PatchError, match="changes 'README', but there is none"):
        application.apply(OTHER, {}, strongest)
    made = unified.difference({"README": "a\n"}, {"d/new": "2"})
    assert application.apply(made, files, strongest) == {
        "src/words.py": OLD.encode(),
        "rest": b"\0\xff",
        "d/new": b"2",
    }


@pytest.mark.parametrize(
    "text",
    [
        "--- /dev/null\n+++ b/../out\n@@ -0,0 +1 @@\n+a\n",
        "--- /dev/null\n+++ /etc/out\n@@ -0,0 +1 @@\n+a\n",
        "diff --git a/link b/link\nnew file mode 120000\n--- /dev/null\n+++ b/link\n"
        "@@ -0,0 +1 @@\n+/etc/passwd\n\\ No newline at end of file\n",
    ],
)
def test_patch_that_leads_elsewhere_is_refused(strongest, text):
    try:
        after = application.apply(text, {"a": b""}, strongest)
    except (patch.PatchError, UserError):
        return
    # Git takes the path as one in the folder.
    assert set(after) == {"a", "etc/out"}


def test_fuzzy_application_is_asked_for(strongest):
    shifted = OLD.replace("import os\n", "import os\nimport re\n").replace(
        "def first(text):", "def first(text: str):"
    )
    files = {"src/words.py": shifted.encode()}
    with pytest.raises(patch.PatchError):
        application.apply(GOLD, files, strongest)
    try:
        after = application.apply(GOLD, files, strongest, fuzzy=True)
    except patch.PatchError as error:
        pytest.skip(str(error))
    assert after == {"src/words.py": shifted.replace("[1]", "[0]").encode()}


FILES = ("swebench_lite_dev.jsonl", "swebench_verified_dev.jsonl")


@pytest.mark.parametrize("name", FILES)
def test_every_gold_patch_is_read_and_like_itself(shared_data, name):
    suite = benchmark.load(shared_data / "code" / name)
    for problem in suite.problems:
        instance = suite.instance(problem)
        assert instance.repo in logs.PARSERS
        gold = patch.parse(suite.extract(problem, suite.gold(problem)))
        assert gold and all(one.hunks for one in gold)
        assert proxies.similarity(gold, gold) == proxies.recall(gold, gold) == 1
        assert proxies.similarity([], gold) == proxies.recall([], gold) == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_every_gold_patch_applies_to_files_that_hold_its_lines(
    shared_data, strongest, name
):
    """The files are not there, but a patch tells the lines that it wants, and where."""
    suite = benchmark.load(shared_data / "code" / name)
    for problem in suite.problems:
        text = suite.instance(problem).patch
        before, after = {}, {}
        for one in patch.parse(text):
            old, new = [], []
            for hunk in one.hunks:
                head, *lines = hunk.split("\n")
                start = int(head.split()[1][1:].split(",")[0])
                filler = [f"filler {n}" for n in range(len(old), start - 1)]
                old += filler + [
                    line[1:] for line in lines if line[:1] in ("", " ", "-")
                ]
                new += filler + [
                    line[1:] for line in lines if line[:1] in ("", " ", "+")
                ]
            # Git takes a hunk with less context at its end for the end of the file.
            ends = any(line[:1] in "-+" for line in lines[-3:])
            end = [] if ends or one.old is None else ["filler"]
            if one.old is not None:
                before[one.old] = "\n".join([*old, *end, ""]).encode()
            after[one.new] = "\n".join([*new, *end, ""]).encode()
        assert application.apply(text, before, strongest) == after, problem.id


def test_texts_that_repeat_themselves_take_no_time():
    """Squares of such lengths would be minutes."""
    began = time.process_time()
    many = "".join(f"+line {n % 7}\n" for n in range(5000))
    head = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -0,0 +1,5000 @@\n"
    long, other = (patch.parse(head + text) for text in (many, many[:-2] + "9\n"))
    assert 0.9 < proxies.similarity(long, other) < 1
    found = benchmark._tagged("<a>" * 20_000 + "<patch>x</patch>")
    assert list(found) == [("patch", "x")]
    assert time.process_time() - began < 10


@pytest.mark.parametrize(
    "text",
    [
        "<a>1</a><b>2</b>",
        "<a><b>1</b></a>",
        "<a><a>1</a>",
        "<a>1</b><b>2</b>",
        "<-></->",
    ],
)
def test_tags_are_those_of_the_authors_pattern(text):
    pattern = re.compile(r"<([\w-]+)>(.*?)</\1>", re.DOTALL)
    assert list(benchmark._tagged(text)) == pattern.findall(text)
