"""What is replaced as a whole, and what is not replaced at all."""

import json
import os
import stat

import pytest

from data_pipeline.user_error import UserError
from eval.atomic import replacing, write_json


def test_a_link_stays_one_and_leads_to_what_is_new(tmp_path):
    (tmp_path / "kept").mkdir()
    target, link = tmp_path / "kept" / "target.txt", tmp_path / "link.txt"
    target.write_text("old")
    link.symlink_to(target)
    with replacing(link) as whole:
        assert whole.parent == target.parent, "on the same disk"
        whole.write_text("new")
    assert link.is_symlink() and target.read_text() == "new"
    assert [one.name for one in (tmp_path / "kept").iterdir()] == ["target.txt"]


def test_a_pipe_is_not_replaced_by_a_file(tmp_path):
    """Nor would a device be, as /dev/null for whoever may do that."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(UserError, match="pipe is neither a file nor a folder"):
        with replacing(pipe):
            pytest.fail("nothing is to be made for it")
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_json_is_written_for_people_and_replaces_what_was_there(tmp_path):
    path = tmp_path / "made" / "report.json"
    content = {"model": "größer", "rows": []}
    write_json(path, {"older": 1})
    write_json(path, content)
    text = path.read_text(encoding="utf-8")
    assert json.loads(text) == content
    assert text.endswith("}\n") and len(text.splitlines()) > 2
    assert list(path.parent.iterdir()) == [path]
