"""Models behind HTTP, against a real server on this machine."""

import dataclasses
import json
import socket
import time

import pytest

from data_pipeline.schema import UserError
from eval.benchmarks.endpoint import KEY_VARIABLE, Endpoint, Sampling
from eval.benchmarks.models import Completion, ContextExhausted, OutOfTime
from eval.benchmarks.problem import Problem, Prompt
from tests.eval.benchmarks.server import serving

SAMPLING = Sampling(temperature=0.8, top_p=0.95, max_tokens=77)
PROMPT = Prompt("def f():\n", ("\ndef", "\nclass", "\nif", "\n#", "\n@"))
PROBLEM = Problem("a", "python", {})


def ask(url, **more):
    waited = []
    endpoint = Endpoint(url, "small", SAMPLING, pause=waited.append, **more)
    found = endpoint.complete(PROBLEM, PROMPT, 0)
    return found.text, [s for s in waited if s]


def test_a_continuation_is_asked_for(monkeypatch):
    monkeypatch.setenv(KEY_VARIABLE, "secret")
    with serving("    return 1\n") as (url, asked):
        assert ask(url) == ("    return 1\n", [])
    ((path, headers, body),) = asked
    assert path == "/v1/completions"
    assert headers["Authorization"] == "Bearer secret"
    assert body == {
        "model": "small",
        "prompt": PROMPT.text,
        "temperature": 0.8,
        "top_p": 0.95,
        "max_tokens": 77,
        "stop": ["\ndef", "\nclass", "\nif", "\n#"],
    }


def test_a_server_is_told_a_seed_of_each_sample_where_one_is_asked_for():
    """And is asked as it always was where none is."""
    asks = [(problem, index) for problem in "ab" for index in range(3)]
    with serving("") as (url, asked):
        for seed in (0, 1, 1, 2):
            sampling = dataclasses.replace(SAMPLING, seed=seed)
            endpoint = Endpoint(url, "small", sampling)
            for problem, index in asks:
                endpoint.complete(Problem(problem, "python", {}), PROMPT, index)
    told = [body.get("seed") for _, _, body in asked]
    none, first, again, second = (told[n : n + 6] for n in range(0, 24, 6))
    assert none == [None] * 6 and first == again
    assert len({*first, *second}) == 12 and all(0 <= n < 2**32 for n in first)


def test_a_chat_is_asked_for_without_stop_words(monkeypatch):
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    with serving("Sure.") as (url, asked):
        assert ask(url + "/", chat=True)[0] == "Sure."
    ((path, headers, body),) = asked
    assert path == "/v1/chat/completions"
    assert "Authorization" not in headers
    assert body["messages"] == [{"role": "user", "content": PROMPT.text}]
    assert "stop" not in body and "prompt" not in body


def test_a_busy_server_is_asked_again_after_longer_and_longer():
    with serving((429, "slow down"), (503, ""), (500, "{}"), "ok") as (url, asked):
        assert ask(url) == ("ok", [1, 2, 4])
    assert len(asked) == 4


def test_a_server_may_ask_for_more_time():
    with serving((429, "", {"Retry-After": "9"}), (503, ""), "ok") as (url, _):
        assert ask(url) == ("ok", [9, 9])
    with serving((429, "", {"Retry-After": "9" * 9}), "ok") as (url, _):
        assert ask(url) == ("ok", [60])
    with serving((429, "", {"Retry-After": "Fri, 31 Dec"}), "ok") as (url, _):
        assert ask(url) == ("ok", [1])


def test_a_server_that_stays_busy_is_given_up_with_a_sentence():
    with serving((429, '{"error": {"message": "quota\\nis gone."}}')) as (url, asked):
        with pytest.raises(UserError, match="no answer in 3 tries .429 quota is gone."):
            ask(url, tries=3)
    assert len(asked) == 3


@pytest.mark.parametrize(
    "status, body, told",
    [
        (404, '{"error": {"message": "no model small"}}', "404 no model small"),
        (401, '{"message": "no key"}', "401 no key"),
        (400, "<html>bad</html>", "400 <html>bad</html>"),
        (403, "", "403 Forbidden"),
        (400, "[1]", "400 "),
    ],
)
def test_a_refusal_is_told_at_once(status, body, told):
    with serving((status, body)) as (url, asked):
        with pytest.raises(UserError, match=f"refuses: {told}"):
            ask(url)
    assert len(asked) == 1


@pytest.mark.parametrize(
    "answer",
    [b"no json", b"{}", b'{"choices": []}', b'{"choices": [{"text2": ""}]}', b"\xff"],
)
def test_nonsense_is_told(answer):
    with serving(answer) as (url, _):
        with pytest.raises(UserError, match="which is no completion"):
            ask(url)


def test_no_text_is_an_empty_answer():
    with serving(b'{"choices": [{"text": null}]}') as (url, _):
        assert ask(url)[0] == ""


def test_a_conversation_goes_before_the_question():
    prompt = Prompt("And now?", turns=(("What?", "That."), ("Why?", "So.")))
    with serving("Fine.") as (url, asked):
        for chat in (True, False):
            endpoint = Endpoint(url, "small", SAMPLING, chat)
            assert endpoint.complete(PROBLEM, prompt, 0).text == "Fine."
    roles = ["user", "assistant", "user", "assistant", "user"]
    texts = ["What?", "That.", "Why?", "So.", "And now?"]
    assert [one["role"] for one in asked[0][2]["messages"]] == roles
    assert [one["content"] for one in asked[0][2]["messages"]] == texts
    assert asked[1][2]["prompt"] == "\n\n".join(texts)


@pytest.mark.parametrize(
    "status, error",
    [
        (400, {"message": "Too long.", "code": "context_length_exceeded"}),
        (400, {"message": "This model's maximum context length is 4096 tokens."}),
        (400, {"message": "The decoder prompt (length 9) is longer than the maximum "
               "model length of 8."}),
        (400, {"message": "n_prompt > n_ctx", "type": "exceed_context_size_error"}),
        (500, {"message": "Context size has been exceeded.", "type": "server_error"}),
    ],
)  # fmt: skip
def test_a_full_context_is_told_apart(status, error):
    with serving((status, json.dumps({"error": error}))) as (url, asked):
        with pytest.raises(ContextExhausted) as told:
            ask(url)
    assert told.value.text == "" and len(asked) == 1


@pytest.mark.parametrize("chat", [True, False])
def test_an_answer_that_is_cut_off_is_told_apart(chat):
    said = {"message": {"content": "def f"}} if chat else {"text": "def f"}
    choice = said | {"finish_reason": "length"}
    usage = {"completion_tokens": 3}
    with serving(json.dumps({"choices": [choice], "usage": usage}).encode()) as served:
        endpoint = Endpoint(served[0], "small", SAMPLING, chat)
        found = endpoint.complete(PROBLEM, PROMPT, 0)
    assert found == Completion("def f", cut=True, tokens=3)


def test_nobody_there_is_told(capsys):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    with pytest.raises(UserError, match="2 tries .*refused.*goes on"):
        ask(url, tries=2)
    assert capsys.readouterr().err.count("refused; it is asked again.") == 1


@pytest.mark.parametrize("seconds", [0.2, 600.0])
def test_who_hangs_is_waited_for_as_long_as_there_is_time(seconds):
    """However often it would be asked again."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        began = time.monotonic()
        with pytest.raises(OutOfTime):
            ask(url, within=1.0, seconds=seconds)
        assert time.monotonic() - began < 5


def test_who_is_away_is_told_even_where_there_is_no_time_to_ask_again():
    with serving((503, "")) as (url, asked):
        with pytest.raises(UserError, match="no answer in 1 tries .503 "):
            ask(url, within=0.9)
        assert len(asked) == 1
        with pytest.raises(UserError, match="no answer in 7 tries .503 "):
            ask(url, within=100.0)


@pytest.mark.parametrize(
    "url",
    ["localhost:8000", "file:///etc/passwd", "http://", ""]
    + ["http://[::1/v1", "http://[local]/v1", "http://host:v1/v1", "http://a:99999/v1"],
)
def test_other_addresses_are_refused(url):
    with pytest.raises(UserError, match="must be the address of a server"):
        Endpoint(url, "small", SAMPLING)
