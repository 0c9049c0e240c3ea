"""What actions do to a copy, and that nothing leads out of it."""

import os
import random
import stat

import pytest
from hypothesis import given
from hypothesis import settings as rules

from data_pipeline.programs import actions
from data_pipeline.programs.actions import Action
from data_pipeline.schema import UserError
from eval.sandbox.program import check_paths
from hrm_jax.agent import repository
from hrm_jax.agent.environment import Environment, is_test
from tests.data_pipeline.programs.test_scenarios import ANY_ACTION

TEXTS = {
    "a.py": "one\ntwo\nthree\n",
    "lib/b.py": "two = 2",
    "lib/deep/c.py": "",
    "tests/test_a.py": "two\n",
}


@pytest.fixture
def place():
    return Environment(TEXTS, 1_000)


@pytest.mark.parametrize(
    "action, told",
    [
        (Action("list"), "files: a.py lib/ tests/\n"),
        (Action("list", "lib"), "files: b.py deep/\n"),
        (Action("list", "li"), "error: There is no folder 'li'.\n"),
        (Action("view", "lib/b.py"), "lib/b.py:\ntwo = 2\n"),
        (Action("view", "a.py", lines=(2, 3)), "a.py 2 3:\ntwo\nthree\n"),
        (Action("view", "a.py", lines=(2, 99)), "a.py 2 3:\ntwo\nthree\n"),
        (Action("view", "b.py"), "error: There is no file 'b.py'.\n"),
        (
            Action("view", "a.py", lines=(3, 2)),
            "error: a.py has 3 lines: none from 3 to 2.\n",
        ),
        (
            Action("search", words="TWO"),
            "found:\na.py 2: two\nlib/b.py 1: two = 2\ntests/test_a.py 1: two\n",
        ),
        (Action("search", words="four"), "found:\nnothing\n"),
        (
            Action("edit", "tests/test_a.py", "two\n", ""),
            "error: 'tests/test_a.py' belongs to the tests, which stay as they are.\n",
        ),
        (
            Action("edit", "a.py", "two\n", "two\n"),
            "error: The edit leaves 'a.py' as it is.\n",
        ),
    ],
)
def test_what_is_seen(place, action, told):
    seen = place.perform(action)
    assert seen.text == told and seen.done == (not told.startswith("error"))
    assert place.texts == TEXTS


def test_an_edit_changes_the_copy(place):
    seen = place.perform(Action("edit", "a.py", "two\n", "2\n"))
    assert (seen.text, seen.done) == ("edited a.py\n", True)
    assert place.texts == {**TEXTS, "a.py": "one\n2\nthree\n"}
    assert TEXTS["a.py"] == "one\ntwo\nthree\n"


@pytest.mark.parametrize(
    "before, search, replace, after",
    [
        ("Title\n=====\nold\n", "Title\n=====\nold\n", "Title\n=====\nnew\n", None),
        ("Title\nold\n", "Title\n", "Title\n=====\n", "Title\n=====\nold\n"),
        ("======= \nold\n", "======= \nold\n", "======= \nnew\n", None),
        ("<<<<< SEARCH\nold\n", "<<<<< SEARCH\nold\n", "<<<<< SEARCH\nnew\n", None),
        (">>>>> REPLACE\nold\n", "old\n", ">>>>> REPLACE\n", None),
        ("a\r\nold\r\n", "old\n", "=====\n", "a\r\n=====\r\n"),
    ],
)
def test_lines_like_the_marks_of_an_edit_are_lines(before, search, replace, after):
    """Headings of Markdown and reStructuredText, and what a merge leaves behind."""
    place = Environment({"a.rst": before}, 1_000)
    seen = place.perform(
        actions.parse(Action("edit", "a.rst", search, replace).written())
    )
    assert seen.text == "edited a.rst\n"
    assert place.texts["a.rst"] == (after or before.replace(search, replace))


def test_an_edit_of_one_place_of_several_says_so():
    place = Environment({"a.py": "x\ny\nx\n"}, 1_000)
    seen = place.perform(Action("edit", "a.py", "x\n", "z\n"))
    assert seen.text == "edited a.py: the first of 2 places\n" and seen.done
    assert place.texts["a.py"] == "z\ny\nx\n"


def test_an_edit_without_a_place_says_what_comes_near(place):
    seen = place.perform(Action("edit", "a.py", "Two\n", ""))
    assert not seen.done and seen.text.startswith(
        "error: Block 1 (a.py): the 1 SEARCH lines from 'Two' on do not stand in the "
        "file in a row; the nearest are lines 2 to 2:\ntwo\n"
    )


def test_what_is_long_is_cut():
    place = Environment({"a": "x\n" * 5_000}, 100)
    for action in (Action("view", "a"), Action("search", words="x")):
        text = place.perform(action).text
        assert len(text) < 120 and text.endswith("(and more)\n")


@rules(deadline=None, max_examples=40)
@given(ANY_ACTION)
def test_no_action_makes_or_leaves_anything(action):
    place = Environment(TEXTS, 1_000)
    if action.kind not in ("test", "finish"):
        place.perform(action)
    assert set(place.texts) == set(TEXTS)
    check_paths([action.path or "x"])


@pytest.mark.parametrize(
    "path, said",
    [
        ("tests/a.py", True),
        ("a/test_b.py", True),
        ("a_test.go", True),
        ("src/x.test.ts", True),
        ("test/X.java", True),
        ("src/XTest.java", True),
        ("src/ShopTests.java", True),
        ("src/TestShop.java", True),
        ("src/Testing.java", False),
        ("test.py", True),
        ("conftest.py", True),
        ("shop/tests.py", True),
        ("test.js", True),
        ("latest.js", False),
        ("contest.py", False),
        ("latest/a.py", False),
        ("protest.py", False),
        ("a/testing.py", False),
    ],
)
def test_tests_are_known_by_their_names(path, said):
    assert is_test(path) == said


@pytest.fixture
def folder(tmp_path):
    home = tmp_path / "home"
    (home / "lib").mkdir(parents=True)
    (home / "a.py").write_text("a\n")
    (home / "lib/b.py").write_text("b\r\n")
    (home / "logo.png").write_bytes(b"\x89PNG\0\xff")
    (home / "latin.txt").write_bytes(b"caf\xe9")
    return home


def test_a_copy_has_what_is_inside_alone(folder, tmp_path):
    (tmp_path / "secret").write_text("secret")
    (folder / "out").symlink_to(tmp_path / "secret")
    (folder / "up").symlink_to("..")
    (folder / "here").symlink_to("a.py")
    (folder / "there").symlink_to(".git/config")
    (folder / "round").symlink_to("round")
    (folder / "passwd").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe")
    (folder / ".git").mkdir()
    (folder / ".git/config").write_text("x")
    (folder / "huge").write_text("x" * 2_000)
    found = repository.read(folder, 1_000, 10_000)
    assert found.texts == {"a.py": "a\n", "here": "a\n", "lib/b.py": "b\r\n"}
    assert set(found.others) == {"logo.png", "latin.txt"}
    left_out = dict(found.left_out)
    assert set(left_out) == {*("out", "up", "round", "passwd", "pipe", "huge", "there")}
    assert left_out["there"] == "a link to what is no source"
    for name in ("out", "passwd"):
        assert left_out[name] == "a link that leads out of the repository"
    assert "2,000 bytes" in left_out["huge"]


@pytest.mark.parametrize(
    "names, what",
    [
        (("session.json", "journal.jsonl"), "a session of an agent"),
        (("settings.json", "leases.jsonl"), "sessions of agents"),
        (("config.json", "metrics.jsonl", "checkpoints/1"), "a run"),
    ],
)
def test_what_this_library_keeps_is_no_source(folder, names, what):
    whole = repository.read(folder, 1_000, 10_000)
    for name in (*names, "repository/tests/test_a.py"):
        path = folder / "runs/it" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}\n")
    (folder / "runs/note.txt").write_text("mine\n")
    found = repository.read(folder, 1_000, 10_000)
    assert found.texts == {**whole.texts, "runs/note.txt": "mine\n"}
    assert found.left_out == (("runs/it", what),)
    # Whoever asks for such a folder itself has it.
    assert names[0] in repository.read(folder / "runs/it", 1_000, 10_000).texts


def test_a_kept_copy_is_the_same_and_nobody_s_link(folder, tmp_path):
    (folder / "here").symlink_to("a.py")
    found = repository.read(folder, 1_000, 10_000)
    repository.keep(found, tmp_path / "copy")
    assert repository.kept(tmp_path / "copy") == found
    assert not (tmp_path / "copy/here").is_symlink()


def apply(folder, found, after, *ours):
    now = repository.read(folder, 1_000, 10_000)
    return repository.apply(found, {**found.texts, **after}, folder, now, ours)


def test_it_is_written_back_with_its_mode(folder):
    found = repository.read(folder, 1_000, 10_000)
    (folder / "a.py").chmod(0o755)
    after = {"a.py": "new\n", "lib/b.py": "b\r\nc\r\n"}
    assert apply(folder, found, after) == ["a.py", "lib/b.py"]
    assert (folder / "lib/b.py").read_bytes() == b"b\r\nc\r\n"
    assert stat.S_IMODE((folder / "a.py").stat().st_mode) == 0o755
    with pytest.raises(UserError, match="a.py has changed since"):
        apply(folder, found, {"lib/b.py": after["lib/b.py"]})


def test_who_was_killed_while_it_was_written_back_writes_the_rest(folder):
    """And who repeats the command after that has nothing to write. What is half written
    goes; what was there before stays, whatever its name."""
    (folder / "lib/.89abcdef-b.py").write_text("theirs\n")
    found = repository.read(folder, 1_000, 10_000)
    after = {"a.py": "new\n", "lib/b.py": "b\r\nc\r\n"}
    (folder / "a.py").write_text("new\n")
    (folder / "lib/.0123abcd-b.py").write_bytes(b"b\r\n")
    written = (folder / "a.py").stat()
    for _ in range(2):
        assert apply(folder, found, after) == ["a.py", "lib/b.py"]
        assert (folder / "lib/b.py").read_bytes() == b"b\r\nc\r\n"
        assert not (folder / "lib/.0123abcd-b.py").exists()
        assert (folder / "lib/.89abcdef-b.py").read_text() == "theirs\n"
    assert (folder / "a.py").stat() == written
    (folder / "lib/.0123abcd-c.py").write_text("mine\n")
    with pytest.raises(UserError, match="-c.py has changed since it was copied"):
        apply(folder, found, after)


@pytest.mark.parametrize(
    "name, change",
    [
        ("a.py", lambda path: path.write_text("mine\n")),
        ("lib/b.py", lambda path: path.write_text("mine\n")),
        ("lib/b.py", lambda path: path.unlink()),
        ("logo.png", lambda path: path.write_bytes(b"\0")),
        ("lib/test_new.py", lambda path: path.write_text("mine\n")),
    ],
)
def test_nothing_is_written_where_anything_has_changed(folder, name, change):
    """Or came, or went: by any of it, the tests might not pass."""
    found = repository.read(folder, 1_000, 10_000)
    change(folder / name)
    before = repository.read(folder, 1_000, 10_000)
    with pytest.raises(UserError, match=f"{name} has changed since it was copied"):
        apply(folder, found, {"a.py": "new\n"})
    assert repository.read(folder, 1_000, 10_000) == before


def test_what_a_session_writes_there_itself_does_not_count(folder):
    found = repository.read(folder, 1_000, 10_000)
    (folder / "memory.jsonl").write_text("{}\n")
    ours = folder / "lib/../memory.jsonl"
    assert apply(folder, found, {"a.py": "new\n"}, ours) == ["a.py"]


def test_it_is_not_written_through_links(folder, tmp_path):
    found = repository.read(folder, 1_000, 10_000)
    (tmp_path / "other").write_text("a\n")
    (folder / "a.py").unlink()
    (folder / "a.py").symlink_to(tmp_path / "other")
    with pytest.raises(UserError, match="is a link"):
        apply(folder, found, {"a.py": "new\n"})
    assert (tmp_path / "other").read_text() == "a\n"


@pytest.mark.parametrize(
    "make, told",
    [
        (lambda home: home.rename(home.parent / "away"), "which is no folder"),
        (lambda home: [p.unlink() for p in home.rglob("*.*")], "holds no file of text"),
        (lambda home: (home / "x").write_text("x" * 900), "or 500 bytes"),
    ],
)
def test_what_is_no_repository_is_refused(folder, make, told):
    make(folder)
    with pytest.raises(UserError, match=told):
        repository.read(folder, 1_000, 500)


def test_a_patch_says_what_changed():
    rng = random.Random(0)
    before = {f"{n}.py": "x\n" * n for n in range(1, 5)}
    path = rng.choice(sorted(before))
    patch = repository.patch(before, {**before, path: "y\n"})
    assert patch.count("diff --git") == 1 and f"+++ b/{path}" in patch
