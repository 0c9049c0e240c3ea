"""Replies are applied as they stand, wholly or not at all."""

import shutil
import subprocess

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from data_pipeline.schema import UserError
from eval.benchmarks.edits import formats, unified
from eval.benchmarks.edits.error import EditError, NoEdit, Unmatched
from eval.benchmarks.edits.formats import FORMATS

FILES = {
    "app/shapes.py": "import math\n\n\ndef area(r):\n    return math.pi * r\n",
    "app/words.py": "def first(text):\n    return text[1]\n",
}
NAMES = st.sampled_from(["a.py", "b/c.txt", "b/d e.md", "f"])
# Few different lines, so that many stand more than once; some look like a format's own.
LINES = st.sampled_from(
    ["", "x", "  x", "y = 1", "def f():", "\tz", "-- a", "++ b", "@@ c", "é", "x\r"]
    + ["```", "````", "--- a/a.py", "+++ b/a.py", "\\", "diff --git", "\x0c", "\u2028"]
)
TEXTS = st.builds(
    lambda lines, end: "\n".join(lines) + end,
    st.lists(LINES, max_size=9),
    st.sampled_from(["", "\n"]),
)
TREES = st.dictionaries(NAMES, TEXTS, max_size=3)


@settings(max_examples=40, deadline=None)
@given(before=TREES, after=TREES)
def test_diff_of_two_texts_makes_the_second(before, after):
    for name in ("udiff", "diff"):
        if name == "diff":
            assume(set(before) <= set(after))
            after = {path.replace(" ", "_"): text for path, text in after.items()}
            before = {path.replace(" ", "_"): text for path, text in before.items()}
        reply = FORMATS[name].write(before, after)
        if before == after:
            with pytest.raises(NoEdit):
                FORMATS[name].apply(reply, before)
        else:
            assert FORMATS[name].apply(reply, before) == after


@settings(max_examples=40, deadline=None)
@given(before=TREES, added=TREES)
def test_whole_files_make_the_second_but_for_final_newlines(before, added):
    before = {path.replace(" ", "_"): text for path, text in before.items()}
    # A new file is told from prose by a dot or a slash in its name.
    added = {
        path.replace(" ", "_"): text for path, text in added.items() if path != "f"
    }
    changed = {path: text for path, text in added.items() if text != before.get(path)}
    assume(changed)
    reply = FORMATS["whole"].write(before, {**before, **changed})
    ended = {
        path: text + "\n" * (text != "" and text[-1] != "\n")
        for path, text in changed.items()
    }
    assert FORMATS["whole"].apply(reply, before) == {**before, **ended}


MARKS = st.sampled_from(
    ["<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE", "```", "```diff", "a.py", "x", ""]
    + ["--- a/a.py", "+++ b/a.py", "+++ /dev/null", "--- /dev/null", "@@ -1,2 +1 @@"]
    + ["@@ ... @@", "-x", "+y", " z", "\\ No newline at end of file", "../../etc/a"]
    + ["@@ -99999999999,0 +1 @@", "--- /etc/passwd", "+++ /etc/passwd", "/a.py", "\0"]
)


@settings(max_examples=60, deadline=None)
@given(
    reply=st.one_of(st.text(), st.lists(MARKS, max_size=25).map("\n".join)),
    files=TREES,
)
def test_malformed_reply_raises_nothing_but_its_own_error(reply, files):
    before = dict(files)
    for form in FORMATS.values():
        try:
            after = form.apply(reply, files)
        except EditError as error:
            assert str(error)
        else:
            assert all(".." not in path and path[0] != "/" for path in after)
        assert files == before


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@settings(max_examples=15, deadline=None)
@given(before=TREES, after=TREES)
def test_patch_is_what_git_takes_it_for(before, after, tmp_path_factory):
    assume(before != after)
    folder = tmp_path_factory.mktemp("checkout")
    for path, text in before.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(text.encode())
    patch = unified.difference(before, after)
    subprocess.run(
        ["git", "apply", "-"], input=patch.encode(), cwd=folder, check=True, timeout=60
    )
    left = {
        str(path.relative_to(folder)): path.read_bytes().decode()
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert left == after


@pytest.mark.parametrize("name", FORMATS)
def test_one_bad_block_of_two_changes_nothing(name):
    changed = {path: text.upper() for path, text in FILES.items()}
    reply = FORMATS[name].write(FILES, changed)
    broken = reply.replace("return text[1]", "return text[2]").replace(
        "app/words.py", "app/words.py" if name != "whole" else "app/shapes.py"
    )
    with pytest.raises(EditError):
        FORMATS[name].apply(broken, FILES)


@pytest.mark.parametrize("name", ["diff", "udiff"])
def test_changes_that_match_are_there_for_who_wants_them(name):
    changed = {path: text.upper() for path, text in FILES.items()}
    reply = FORMATS[name].write(FILES, changed)
    broken = reply.replace("return text[1]", "return text[2]")
    with pytest.raises(Unmatched) as told:
        FORMATS[name].apply(broken, FILES)
    assert told.value.matched == 1
    shapes, words = FILES
    assert told.value.files == {shapes: changed[shapes], words: FILES[words]}
    with pytest.raises(EditError, match="changes 'app/shapes.py', but it may change"):
        FORMATS[name].apply(broken, FILES, [words])


def test_reply_may_change_what_it_is_allowed_to_and_nothing_else():
    both = FORMATS["whole"].write(FILES, {path: "" for path in FILES})
    with pytest.raises(EditError, match="changes 'app/words.py', but it may change on"):
        FORMATS["whole"].apply(both, FILES, ["app/shapes.py"])
    assert FORMATS["whole"].apply(both, FILES, list(FILES))["app/words.py"] == ""


@pytest.mark.parametrize("name", FORMATS)
def test_half_a_character_goes_into_no_file(name):
    """A server's JSON may hold one."""
    reply = FORMATS[name].write({}, {"new.py": "x = '\ud800'\n"})
    with pytest.raises(EditError, match="'new.py', which is half a character"):
        FORMATS[name].apply(reply, FILES)


def test_carriage_returns_of_a_file_need_not_be_repeated():
    files = {"a.txt": "one\r\ntwo\r\n"}
    reply = "a.txt\n<<<<<<< SEARCH\ntwo\n=======\n2\n3\n>>>>>>> REPLACE\n"
    assert FORMATS["diff"].apply(reply, files) == {"a.txt": "one\r\n2\r\n3\r\n"}


def test_unknown_format_is_one_sentence():
    with pytest.raises(UserError, match="no edit format 'patch': take whole, diff, ud"):
        formats.require("patch")


BLOCK = "{}\n```\n<<<<<<< SEARCH\n{}=======\n{}>>>>>>> REPLACE\n```\n"
NEW = "y = 2\n"
SENTENCES = (
    ("diff", "I would do nothing.", "There is no block in the reply"),
    ("diff", BLOCK.format("", "x\n", NEW), "Block 1: no file is named"),
    (
        "diff",
        BLOCK.format("shapes.py", "def area(r):\n  return math.pi * r\n", NEW),
        r"Block 1 \(app/shapes.py\): the 2 SEARCH lines from 'def area\(r\):' on do "
        r"not stand in the file in a row; the nearest are lines 4 to 5:\n"
        r"def area\(r\):\n    return math.pi \* r$",
    ),
    (
        "diff",
        BLOCK.format("app/words.py", "    return text[l]\n", NEW),
        "the nearest are lines 2 to 2:\n    return text.1.",
    ),
    ("diff", BLOCK.format("app/words.py", "zzzzz\n", NEW), "no lines come near"),
    ("diff", BLOCK.format("app/words.py", "", NEW), "there are no SEARCH lines, but"),
    ("diff", BLOCK.format("app/none.py", "x\n", NEW), "there is no such file"),
    ("diff", "f.py\n<<<<<<< SEARCH\nx\n", "expected `=======` before the end"),
    (
        "diff",
        "f.py\n<<<<<<< SEARCH\nx\n=======\ny\n<<<<<<< SEARCH\n",
        "expected `>>>>>>> REPLACE` before `<<<<<<< SEARCH`",
    ),
    ("udiff", "--- a/b\n", "There is no diff in the reply"),
    (
        "udiff",
        "--- a/app/words.py\n+++ b/app/words.py\n@@ -1 +1 @@\n-def last(text):\n+x\n",
        r"Hunk 1 \(app/words.py\): the 1 lines from 'def last\(text\):' on do not st",
    ),
    (
        "udiff",
        "--- a/q\n+++ b/q\n@@ @@\n-x\n",
        "The diff changes 'q', but there is only",
    ),
    ("udiff", "--- a/q\n+++ b/r\n@@ @@\n-x\n", "two names, 'q' and 'r'"),
    ("udiff", "--- /dev/null\n+++ /dev/null\n@@ @@\n-x\n", "for both of its paths"),
    ("udiff", "@@ -1 +1 @@\n-x\n+y\n", "belongs to no file"),
    ("udiff", "```diff\n--- a/q\n+++ b/q\n", "ends within a diff"),
    (
        "udiff",
        "--- app/words.py\n+++ app/words.py\n@@ @@\n-def first(text):\n*x\n",
        "its line 2, '.x', begins with none of space, - and",
    ),
    (
        "udiff",
        "--- app/words.py\n+++ app/words.py\n@@ @@\n+x\n",
        "it holds added lines alone",
    ),
    (
        "udiff",
        "--- app/words.py\n+++ /dev/null\n@@ @@\n-def first(text):\n",
        "removes 'app/words.py', but not all",
    ),
    (
        "udiff",
        "--- /dev/null\n+++ app/words.py\n@@ @@\n+def first(text):\n",
        "makes 'app/words.py' anew, but there is",
    ),
    (
        "udiff",
        "--- app/shapes.py\n+++ app/shapes.py\n@@ @@\n-\n+x\n",
        "stand in the file 3 times, first in lines 2 and 3",
    ),
    ("whole", "Hello.", "There is no file in the reply"),
    ("whole", "app/words.py\n```\nx\n", "Listing 1: its fence ``` does not end"),
    ("whole", "Here it is\n```\nx\n```\n", "No listing has one of the files"),
    ("whole", "words.py\n```\n```\nwords.py\n```\n```", "was given before"),
    ("whole", "../a.py\n```\n```\n", "may not be absolute"),
)


@pytest.mark.parametrize("name, reply, sentence", SENTENCES)
def test_failure_says_what_to_mend(name, reply, sentence):
    with pytest.raises(EditError, match=sentence):
        FORMATS[name].apply(reply, FILES)


def test_path_that_may_be_two_files_must_be_whole():
    files = {"a/x.py": "1\n", "b/x.py": "1\n"}
    with pytest.raises(EditError, match="may be 'a/x.py' or 'b/x.py'; write the whole"):
        FORMATS["diff"].apply(BLOCK.format("x.py", "1\n", "2\n"), files)


def test_single_file_needs_no_name():
    reply = "Here you are:\n\n```python\nx = 2\n```\nDone."
    assert FORMATS["whole"].apply(reply, {"a.py": ""}) == {"a.py": "x = 2\n"}


def test_wrong_counts_and_numbers_of_a_hunk_do_no_harm():
    reply = (
        "Now:\n\n```diff\n--- words.py\n+++ words.py\n@@ -40,7 +41,9 @@\n"
        " def first(text):\n-    return text[1]\n+    return text[0]\n\n```\n"
    )
    files = {"words.py": FILES["app/words.py"]}
    assert FORMATS["udiff"].apply(reply, files) == {
        "words.py": "def first(text):\n    return text[0]\n"
    }


def test_stated_line_decides_between_equal_places():
    files = {"a.py": "x\nx\nx\n"}
    reply = "--- a/a.py\n+++ b/a.py\n@@ -2 +2 @@\n-x\n+y\n"
    assert FORMATS["udiff"].apply(reply, files) == {"a.py": "x\ny\nx\n"}
