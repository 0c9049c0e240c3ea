"""What writing afresh and repairs bring, counted by hand."""

from eval import search_ways
from eval.search_page import DrawnNode, DrawnTree
from eval.search_ways import Brought


def tree(*nodes, method="ucb"):
    """nodes: way, kind, and whether the program was there before."""
    drawn = [
        DrawnNode(
            number,
            None,
            way=way,
            temperature=0.6,
            source="",
            kind=kind,
            passed=(),
            results=(),
            failure=None,
            log_prob=None,
            tokens=1,
            visits=1,
            mean=0.0,
            repeat=repeat,
        )
        for number, (way, kind, repeat) in enumerate(nodes)
    ]
    return DrawnTree(method, "p", 0, "", 0, False, False, drawn)


def test_ways_are_counted_by_method():
    repaired = tree(
        ("fresh", "wrong answer", False),
        ("fresh", "wrong answer", True),
        ("repair", "passed", False),
        ("fresh", "passed", True),
        ("fresh", "passed", False),
    )
    fresh = tree(("fresh", "passed", False), ("repair", "wrong answer", False))
    other = tree(("fresh", "malformed", False), method="puct")
    untested = tree(("fresh", "malformed", False), ("fresh", "not run", False))
    found = search_ways.ways([repaired, fresh, other, untested])
    assert found == {
        "ucb": {"fresh": Brought(5, 3, 3, 1), "repair": Brought(2, 2, 1, 1)},
        "puct": {"fresh": Brought(1, 1, 0, 0)},
    }
    head, first, *_ = search_ways.rows(found)
    told = dict(zip(head, first, strict=True))
    assert (told["method"], told["way"], told["share"]) == ("ucb", "fresh", "60.0%")
    assert search_ways.as_json(found)["ucb"]["repair"]["first"] == 1
