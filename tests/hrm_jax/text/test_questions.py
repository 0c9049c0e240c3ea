"""What is no question is named, and what is one is understood."""

import json
import re

import pytest

from hrm_jax.text import questions
from hrm_jax.text.json_fields import Refused
from hrm_jax.text.learned import Learned

LEARNED = Learned(("go", "python"), holes=True)


def read(chat=False, learned=LEARNED, **fields):
    body = json.dumps(fields).encode()
    return questions.read(body, chat=chat, name="tiny", learned=learned)


@pytest.mark.parametrize(
    "fields, told",
    [
        ({"prompt": 5}, "'prompt' must be a text"),
        ({"prompt": [1, 2]}, "not of tokens"),
        ({"prompt": None}, "'prompt' must be a text"),
        ({"n": 0}, "'n' must be a whole number from 1 to 128"),
        ({"n": True}, "'n' must be a whole number"),
        ({"prompt": ["a"] * 129}, "'prompt' has 129 texts, but at most 128"),
        ({"temperature": -1}, "'temperature' must be a number from 0 to 10"),
        ({"temperature": float("nan")}, "'temperature' must be a number"),
        ({"top_p": "much"}, "'top_p' must be a number from 0 to 1"),
        ({"seed": 0.5}, "'seed' must be a whole number"),
        ({"stop": [""]}, "'stop' must be a text, or a list of texts"),
        ({"stream": "yes"}, "'stream' must be true or false"),
        ({"stream_options": {}}, "'stream_options' are for a 'stream'"),
        (
            {"language": "rust"},
            "'language' is 'rust', but the model has learned only go",
        ),
        ({"grammar": "edits", "files": {"a": 1}}, "'files' must be an object"),
        ({"files": {"a": "x"}}, "'files' is for a 'grammar'"),
        ({"logprobs": 3}, "'logprobs' must be 0: no token is told but"),
        ({"logprobs": True}, "'logprobs' must be 0"),
        ({"top_logprobs": 2}, "'top_logprobs' is 2, which is not offered"),
        ({"presence_penalty": 0.5}, "'presence_penalty' is 0.5"),
        ({"suffix": 5}, "'suffix' must be a text"),
        ({"suffix": "x", "grammar": "actions"}, "leave one of them out"),
        ({"tempreature": 1}, "There is no field 'tempreature'"),
        ({"messages": [{}]}, "A completion has no 'messages': ask /v1/chat/comp"),
        ({"max_completion_tokens": 5}, "A completion has no 'max_completion_tokens'"),
    ],
)
def test_a_mistake_is_one_sentence(fields, told):
    with pytest.raises(Refused) as refused:
        read(**({"prompt": "abc"} | fields))
    message = str(refused.value)
    assert refused.value.status == 400 and re.search(told, message)
    assert message.endswith(".") and "\n" not in message
    assert refused.value.body["error"]["param"] in fields


@pytest.mark.parametrize(
    "fields",
    [
        {"prompt": "a\ud800"},
        {"prompt": ["a", "a\ud800"]},
        {"prompt": "a", "suffix": "a\ud800"},
        {"prompt": "a", "stop": "a\ud800"},
        {"prompt": "a", "stop": ["b", "a\udcff"]},
        {"prompt": "a", "grammar": "edits", "files": {"a": "a\ud800"}},
        {"prompt": "a", "grammar": "edits", "files": {"a\ud800": "a"}},
        {"prompt": "a", "model": "a\ud800"},
        {"chat": True, "messages": [{"role": "user", "content": "a\ud800"}]},
    ],
)
def test_a_text_that_is_none_is_refused(fields):
    *_, field = fields
    with pytest.raises(
        Refused, match="is not Unicode, as '.ud...' at place 2"
    ) as error:
        read(**fields)
    assert (error.value.status, error.value.param) == (400, field)


def test_what_the_model_has_not_learned_is_refused():
    assert questions.names("tiny", LEARNED) == ["tiny", "tiny:go", "tiny:python"]
    with pytest.raises(Refused, match="'tiny:rust': take tiny, tiny:go, tiny:python."):
        read(prompt="abc", model="tiny:rust")
    of_go = Learned(("go",), holes=False)
    assert read(prompt="abc", learned=of_go).language == "go"
    with pytest.raises(Refused, match="a hole, which the model has never learned"):
        read(prompt="abc", suffix="d", learned=of_go)
    assert not read(prompt="abc", suffix="", learned=of_go).suffix


def test_what_asks_for_nothing_is_no_mistake():
    idle = {"frequency_penalty": 0.0, "logprobs": None, "echo": False, "user": "me"}
    question = read(prompt="abc", seed=3, **idle)
    assert question == read(prompt=["abc"], seed=3, n=1, temperature=1, stop=None)
    assert question.prompts == ["abc"] and question.max_tokens is None
    assert not question.logprobs and not read(prompt="abc", logprobs=False).logprobs
    assert read(prompt="abc", logprobs=0).logprobs


def test_all_is_understood():
    question = read(
        chat=True,
        model="tiny:go",
        messages=[{"role": "user", "content": "abc"}],
        n=2,
        max_completion_tokens=5,
        temperature=0.5,
        top_p=0.25,
        seed=-1,
        stop="x",
        stream=True,
        stream_options={"include_usage": True},
        logprobs=True,
        grammar="edits",
        files={"a": "b"},
    )
    assert question == (
        *("tiny:go", "go", ["abc"], 2, 5, 0.5, 0.25, -1, ["x"], True, True, True),
        *("edits", {"a": "b"}, ""),
    )
    assert read(prompt="abc", suffix="d").suffix == "d"
    said = [{"role": "user", "content": "abc"}]
    for name in "suffix", "prompt":
        with pytest.raises(Refused, match=f"A chat has no '{name}'"):
            read(**{"chat": True, "messages": said, name: "d"})
    for limits in {"max_tokens": 5}, {"max_tokens": 5, "max_completion_tokens": 5}:
        assert read(chat=True, messages=said, **limits).max_tokens == 5
    with pytest.raises(Refused, match="'max_tokens' and 'max_completion_.*' differ"):
        read(chat=True, messages=said, max_tokens=5, max_completion_tokens=6)


@pytest.mark.parametrize(
    "body, told",
    [
        (b"{", "The body is no JSON"),
        (b"\xff\xff", "The body is no JSON"),
        (b"[" * 100_000, "The body is no JSON"),
        (b"[]", "must be a JSON object"),
        (b"", "The body is no JSON"),
    ],
)
def test_a_body_that_is_no_question_is_named(body, told):
    with pytest.raises(Refused, match=told):
        questions.read(body, chat=False, name="tiny", learned=LEARNED)


@pytest.mark.parametrize(
    "messages",
    [[], "hello", [5], [{"role": "tool", "content": "x"}], [{"role": "user"}]]
    + [[{"role": "user", "content": [{"type": "image_url"}]}]],
)
def test_a_conversation_that_is_none_is_named(messages):
    with pytest.raises(Refused, match="messages|message"):
        read(chat=True, messages=messages)


@pytest.mark.parametrize(
    "field, message",
    [
        ("name", {"role": "user", "content": "a", "name": "Ada"}),
        ("tool_calls", {"role": "assistant", "content": "a", "tool_calls": [{}]}),
        ("b", {"role": "user", "content": [{"type": "text", "text": "a", "b": 2}]}),
    ],
)
def test_what_a_message_asks_for_in_vain_is_refused(field, message):
    with pytest.raises(Refused, match=f"A message has '{field}', which is not offered"):
        read(chat=True, messages=[message])


def test_an_answer_can_be_sent_back_as_it_came():
    answer = {"role": "assistant", "content": "a", "refusal": None, "annotations": []}
    assert read(chat=True, messages=[answer]).prompts == ["a"]
