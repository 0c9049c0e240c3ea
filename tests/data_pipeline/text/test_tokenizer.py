"""Tokens of text: nothing is lost, and nothing is taken for what it is not."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.schema import UserError
from data_pipeline.text.special import LANGUAGES, Special
from data_pipeline.text.tokenizer import LEAST_VOCABULARY, Tokenizer
from tests.conftest import REPOSITORY

CODE = """def total(values):
    result = 0
    for value in values:
        if value > 0:
            result += value
        else:
            result -= value
    return result


def is_even(value):
    if value % 2 == 0:
        return True
    return False
"""
TEXTS = [CODE, CODE.replace("value", "number"), "caf\u00e9 = 12345 -- <|end|>\n" * 3]
TOKENIZER = Tokenizer.train(TEXTS, 512)


def pieces(text, tokenizer=TOKENIZER):
    return [tokenizer.decode([token]) for token in tokenizer.encode(text)]


@given(st.binary())
def test_any_bytes_come_back(content):
    assert TOKENIZER.decode(TOKENIZER.encode(content)) == content


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_comes_back_even_what_is_no_unicode(content):
    tokens = TOKENIZER.encode(content)
    assert TOKENIZER.decode(tokens).decode("utf-8", "surrogatepass") == content


WHITESPACE = st.text(st.sampled_from(" \t\r\nx5_.\u00a0\u0085\u2028"))


@given(WHITESPACE)
def test_whitespace_comes_back(content):
    assert TOKENIZER.decode(TOKENIZER.encode(content)).decode() == content


@given(st.lists(st.sampled_from([s.text for s in Special] + ["<|", "|>", "end"])))
def test_what_looks_like_a_special_token_is_text(parts):
    tokens = TOKENIZER.encode("".join(parts))
    assert all(token >= len(Special) for token in tokens)
    assert TOKENIZER.decode(tokens).decode() == "".join(parts)


def test_special_tokens_have_fixed_ids():
    assert [special.text for special in Special][:3] == [
        "<|pad|>",
        "<|end|>",
        "<|answer|>",
    ]
    assert list(Special) == list(range(16))
    assert [Special.of(name).text for name in LANGUAGES] == [
        f"<|{name}|>" for name in LANGUAGES
    ]
    assert TOKENIZER.decode([Special.PYTHON, 16 + ord("a")]) == b"<|python|>a"


def test_indentation_is_one_token_with_the_end_of_the_line():
    for depth in (4, 8, 12):
        indentation = "\n" + " " * depth
        assert pieces(f"value{indentation}result")[1:-1] == [indentation.encode()]
    assert b"\n    return" not in pieces(CODE)
    assert pieces("x\n\n\n")[1:] == [b"\n\n\n"]  # blank lines belong to it


@pytest.mark.parametrize("learned", [True, False])
def test_tokens_stay_within_their_pieces(learned):
    """Whatever is frequent: digits are single, and words do not swallow others."""
    text = "is_even(12) is_even(12)\n" * 50
    found = pieces(text, Tokenizer.train([text], 512) if learned else TOKENIZER)
    assert found.count(b"1") == found.count(b"2") == 100
    if learned:
        assert found[:6] == [b"is", b"_even", b"(", b"1", b"2", b")"]


def test_frequent_words_are_learned():
    assert [b" value" in pieces(CODE), b" result" in pieces(CODE)] == [True, True]
    assert len(TOKENIZER.encode(CODE)) < len(CODE) / 3
    assert TOKENIZER.vocab_size > LEAST_VOCABULARY


def test_the_same_texts_give_the_same_tokenizer_in_any_order_and_process():
    program = (
        "import json, sys\n"
        "from data_pipeline.text.tokenizer import Tokenizer\n"
        "print(Tokenizer.train(json.load(sys.stdin)[::-1], 512).sha256)\n"
    )
    for seed in ("1", "2"):
        other = subprocess.run(
            [sys.executable, "-c", program],
            cwd=REPOSITORY,
            env={"PYTHONHASHSEED": seed},
            input=json.dumps(TEXTS),
            capture_output=True,
            text=True,
            check=True,
        )
        assert other.stdout.strip() == TOKENIZER.sha256
    more = Tokenizer.train([*TEXTS, "while True: pass\n" * 9], 512)
    assert more.sha256 != TOKENIZER.sha256


def test_a_saved_one_is_the_same(tmp_path):
    path = tmp_path / "folder" / "tokenizer.json"
    TOKENIZER.save(path)
    loaded = Tokenizer.load(path)
    assert loaded.sha256 == TOKENIZER.sha256
    assert loaded.vocab_size == TOKENIZER.vocab_size
    assert loaded.encode(CODE) == TOKENIZER.encode(CODE)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    (tmp_path / "plain").touch()  # as readable to others as any file
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("size", [LEAST_VOCABULARY, 300, 320])
def test_a_vocabulary_has_the_wanted_size(size):
    assert Tokenizer.train([CODE * 2], size).vocab_size == size


def test_of_few_texts_there_is_less_to_learn():
    assert Tokenizer.train(["ab ab ab"], 1024).vocab_size == LEAST_VOCABULARY + 2
    with pytest.raises(ValueError, match="271"):
        Tokenizer.train(TEXTS, LEAST_VOCABULARY - 1)


def foreign(change):
    content = json.loads(TOKENIZER._learned.to_str())
    change(content)
    return json.dumps(content)


def swap_bytes(content):
    vocabulary = content["model"]["vocab"]
    vocabulary["a"], vocabulary["b"] = vocabulary["b"], vocabulary["a"]


def split_as_gpt2(content):
    content["pre_tokenizer"]["pattern"]["Regex"] = r" ?\w+|\s+"


def forget_a_token(content):
    content["model"]["merges"].pop(0)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is damaged"),
        (TOKENIZER._learned.to_str()[:-9], "is damaged"),
        ("[1, 2]", "holds no tokenizer of this program"),
        ('{"model": {"merges": [["qq", "z"]]}}', "holds no tokenizer of this program"),
        (foreign(swap_bytes), "holds no tokenizer of this program"),
        (foreign(split_as_gpt2), "holds no tokenizer of this program"),
        (foreign(forget_a_token), "holds no tokenizer of this program"),
        (None, "cannot be read"),
    ],
)
def test_what_is_no_tokenizer_is_told_in_one_sentence(text, reason, tmp_path):
    path = tmp_path / "tokenizer.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UserError) as told:
        Tokenizer.load(path)
    assert str(path) in str(told.value) and reason in str(told.value)
    assert "\n" not in str(told.value)


def test_a_file_in_the_way_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        TOKENIZER.save(tmp_path / "file" / "tokenizer.json")
