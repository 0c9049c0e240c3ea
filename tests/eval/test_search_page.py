"""Trees as a page: what a model wrote stays text."""

import html
import json
import re

from eval import search_page
from eval.search_page import DrawnNode, DrawnTree

HOSTILE = "</script><script>alert(1)</script><!-- \u2028 '"


def node(number, parent=None):
    return DrawnNode(
        number,
        parent,
        way="repair",
        temperature=0.6,
        source=HOSTILE,
        kind="wrong answer",
        passed=(True, False),
        results=("1", HOSTILE),
        failure=HOSTILE,
        log_prob=None,
        tokens=7,
        visits=2,
        mean=0.5,
        repeat=False,
    )


def tree(solved=True):
    nodes = [node(0), node(1, 0)]
    return DrawnTree("ucb", HOSTILE, 0, HOSTILE, 1, solved, None, nodes)


def test_programs_are_no_mark_up(tmp_path):
    path = tmp_path / "trees.html"
    search_page.write([tree()], path)
    text = path.read_text(encoding="utf-8")
    assert text.count("<script") == text.count("</script") == 2
    data = re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1]
    assert "<" not in data
    (found,) = json.loads(data)
    assert found["nodes"][1]["source"] == found["prompt"] == HOSTILE
    assert found["nodes"][1]["parent"] == 0 and found["baseline"] is None
    assert "innerHTML" not in text and "http" not in html.unescape(text)


def test_of_very_many_trees_the_first_are_shown(tmp_path, monkeypatch):
    monkeypatch.setattr(search_page, "_MOST_NODES", 5)
    path = tmp_path / "trees.html"
    search_page.write([tree()] * 4, path)
    assert "2 of 4 trees" in path.read_text(encoding="utf-8")
