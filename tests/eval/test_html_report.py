"""A page that is whole, asks for nothing from elsewhere, and trusts no text."""

import base64
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from data_pipeline.schema import Batch
from eval import html_report, score_table
from eval.html_report import Picture
from eval.protocol import Prediction
from eval.report import Report

NASTY = "<script>alert('&')</script>"
VOID = {"meta", "img"}


class Page(HTMLParser):
    """Elements with their attributes, in order; all of them closed."""

    def __init__(self, text: str):
        super().__init__()
        self.elements: list[tuple[str, dict]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        assert not self._open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def all(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def report() -> Report:
    cells = np.array([[2, 3], [3, 2]], np.int32)
    ones = np.ones(2, np.int32)
    return Report(
        Batch(cells, cells, ones - 1),
        Prediction(cells, ones, ones.astype(np.float32)),
        {"exact_match": np.array([True, False]), "token_accuracy": np.ones(2)},
    )


def about_of(report: Report) -> dict:
    one = {"low": 3, "high": 3, "examples": 1, "exact_match": 0.5}
    one |= {"interval_95": (0.1, 0.9), "mean_segments": 1.0}
    return {
        "workdir": "runs/a<b>c",
        "task": "4x4 Sudoku",
        "step": 1200,
        "seconds": 1.5,
        "device": "CPU",
        "system": "Linux",
        "versions": {"jax": "0.10"},
        "commit": None,
        "sources": {"data/train.csv": "ab12"},
        "examples_sha256": "cd34",
        "commands": ["python main.py train '--workdir=a & b'"],
        "config": {"slots": 16, "data": {"train_csv": NASTY, "scopes": ["a", "b"]}},
        "differs_from_default": {"data.train_csv": (NASTY, "")},
        "differs_from_training": {},
        "scores": {NASTY: score_table.summary(report)},
        "halting_by_difficulty": {"rating": [one, one], "blanks": [one]},
    }


def test_the_page_holds_everything_and_needs_nothing(report, tmp_path):
    pictures = []
    for name, says in (("curve.png", f"Half solved. {NASTY}"), ("film.gif", "Moves.")):
        Image.new("RGB", (90, 30)).save(tmp_path / name)
        pictures.append(Picture("what it shows", says, tmp_path / name))
    path = tmp_path / "out" / "report.html"
    html_report.write(about_of(report), report, pictures, path)
    page = Page(path.read_text(encoding="utf-8"))

    images = page.all("img")
    assert [image["alt"] for image in images] == [p.says for p in pictures]
    for image, picture in zip(images, pictures, strict=True):
        kind, data = image["src"].split(";base64,")
        assert kind == f"data:image/{picture.path.suffix[1:]}"
        assert base64.b64decode(data) == picture.path.read_bytes()
    assert not any(page.all(tag) for tag in ("script", "link", "iframe"))
    sources = [a.get("src") or a.get("href") for _, a in page.elements]
    assert all(source.startswith("data:") for source in sources if source)
    assert "url(" not in page.text and "@import" not in page.text

    # Under its picture, in the scores, in what differs and among all fields.
    assert page.text.count(NASTY) == 4
    assert page.text.count("a<b>c: 4x4 Sudoku") == 2
    for words in (
        *("50.0% exact match", "95% interval 9.5% - 90.5%", "step 1,200"),
        *("not in a git repository", "SHA-256 ab12", "SHA-256 cd34"),
        *("train \\\n  '--workdir=a & b'", "data.scopes = a,b"),
        "By rating, until it halts",
    ):
        assert words in page.text, words
    # Of a single difficulty there is nothing to compare.
    assert "By blanks" not in page.text
    assert len(page.all("h1")) == 1 and len(page.all("details")) == 2
    assert "prefers-color-scheme: dark" in page.text
