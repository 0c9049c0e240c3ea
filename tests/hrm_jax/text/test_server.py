"""Clients hear what the model says, and what is wrong with their questions."""

import contextlib
import http.client
import json
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from data_pipeline.programs import actions
from data_pipeline.schema import UserError
from data_pipeline.text.rows import encode_question
from data_pipeline.text.special import Special
from eval.benchmarks.endpoint import Endpoint, Sampling
from eval.benchmarks.models import ContextExhausted
from eval.benchmarks.problem import Problem, Prompt
from hrm_jax.text.answers import answers
from hrm_jax.text.engine import Engine, Request
from hrm_jax.text.grammar import Grammars, Vocabulary
from hrm_jax.text.served import Model
from hrm_jax.text.server import LARGEST_BODY, Server
from hrm_jax.text.service import Service
from tests.hrm_jax.text.serving import (
    CONFIG,
    LEARNED,
    PROMPT,
    SLOTS,
    TOKENIZER,
    listening,
    over_http,
)


@pytest.fixture(scope="module")
def expected(engine):
    """What the engine says by itself, before anyone asks the server."""

    def expected(seed, count=12, prompt=PROMPT, language="python"):
        tokens = encode_question(language, prompt, TOKENIZER)
        alone = Engine(CONFIG, engine._variables, SLOTS, steps=4)
        request = Request(tokens, count, 1.0, 1.0, seed)
        said = [t for news in alone.run([request]) for t in news.tokens]
        return TOKENIZER.decode(said).decode(errors="replace")

    return expected


def texts(answer, chat=False):
    return [c["message"]["content"] if chat else c["text"] for c in answer["choices"]]


def test_answers_are_the_engine_s_and_their_tokens_are_counted(ask, expected):
    status, answer = ask(prompt=PROMPT, n=3, seed=5, max_tokens=12)
    assert status == 200 and answer["object"] == "text_completion"
    assert texts(answer) == [expected(seed) for seed in (5, 6, 7)]
    assert [choice["index"] for choice in answer["choices"]] == [0, 1, 2]
    assert {choice["finish_reason"] for choice in answer["choices"]} <= {
        "length",
        "stop",
    }
    usage = answer["usage"]
    assert usage["prompt_tokens"] == len(encode_question("python", PROMPT, TOKENIZER))
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert 3 <= usage["completion_tokens"] <= 36


def test_a_hole_is_asked_for_as_in_training(ask, engine):
    around = (3, *TOKENIZER.encode("a = "), 4, *TOKENIZER.encode("\nb = a"), 5)
    prompt = [Special.PYTHON, *around, Special.ANSWER]
    request = Request(prompt, 12)
    ((_, answer),) = answers(Engine(CONFIG, engine._variables, 1), [request])
    _, found = ask(prompt="a = ", suffix="\nb = a", temperature=0, max_tokens=12)
    assert texts(found) == [TOKENIZER.decode(answer.said).decode(errors="replace")]
    assert found["usage"]["prompt_tokens"] == len(prompt)
    _, without = ask(prompt="a = ", temperature=0, max_tokens=12)
    assert texts(found) != texts(without)


def test_several_prompts_are_answered_in_order(ask, expected):
    _, answer = ask(prompt=["abc", "de"], n=2, seed=1, max_tokens=6)
    wanted = [expected(1 + i, 6, prompt) for i, prompt in enumerate(2 * ["abc"])]
    wanted += [expected(3 + i, 6, prompt) for i, prompt in enumerate(2 * ["de"])]
    assert texts(answer) == wanted


@pytest.mark.parametrize("chat", [False, True])
def test_a_stream_says_the_same_as_a_whole_answer(ask, chat):
    path = "/v1/chat/completions" if chat else "/v1/completions"
    asked = {"messages": [{"role": "user", "content": PROMPT}]}
    fields = (asked if chat else {"prompt": PROMPT}) | {"n": 2, "seed": 9}
    _, whole = ask(path, **fields)
    options = {"include_usage": True}
    status, events = ask(path, **fields, stream=True, stream_options=options)
    assert status == 200
    *parts, last = events
    assert last["choices"] == [] and last["usage"] == whole["usage"]
    found, reasons = ["", ""], {}
    for part in parts:
        (choice,) = part["choices"]
        delta = choice["delta"] if chat else choice
        found[choice["index"]] += delta["content" if chat else "text"]
        if choice["finish_reason"]:
            reasons[choice["index"]] = choice["finish_reason"]
    assert found == texts(whole, chat)
    assert [reasons[n] for n in (0, 1)] == [
        choice["finish_reason"] for choice in whole["choices"]
    ]
    assert len(parts) > 2, "it comes in pieces"


def test_a_chat_is_its_texts_with_empty_lines_between_them(ask, expected):
    parts = [{"type": "text", "text": "c"}, {"type": "text", "text": "d"}]
    messages = [
        {"role": "system", "content": "a"},
        {"role": "user", "content": "b"},
        {"role": "assistant", "content": parts},
        {"role": "user", "content": "e"},
    ]
    fields = {"seed": 2, "max_completion_tokens": 12}
    _, answer = ask("/v1/chat/completions", messages=messages, **fields)
    assert texts(answer, chat=True) == [expected(2, prompt="a\n\nb\n\ncd\n\ne")]


def test_the_language_is_a_field_or_ends_the_model_s_name(ask, expected):
    for seed in range(20):
        wanted = {n: expected(seed, language=n) for n in ("rust", "go", "python")}
        if len(set(wanted.values())) == 3:
            break
    else:
        pytest.fail("the language does not matter to this model")
    fields = {"prompt": PROMPT, "seed": seed, "max_tokens": 12}
    assert texts(ask(**fields, model="tiny:rust")[1]) == [wanted["rust"]]
    assert texts(ask(**fields, model="tiny", language="go")[1]) == [wanted["go"]]
    assert texts(ask(**fields, model="tiny")[1]) == [wanted["python"]]
    status, answer = ask(**fields, model="tiny:rust", language="go")
    assert status == 400 and "'go'" in answer["error"]["message"]


def test_a_stop_word_ends_an_answer_before_itself(ask, expected):
    said = expected(5)
    word = said[6:8]
    for stop in (word, ["nowhere", word]):
        _, answer = ask(prompt=PROMPT, seed=5, max_tokens=12, stop=stop)
        (choice,) = answer["choices"]
        assert choice["text"] == said[: said.index(word)]
        assert choice["finish_reason"] == "stop"


def test_without_a_seed_answers_differ(ask):
    found = [texts(ask(prompt=PROMPT)[1])[0] for _ in range(2)]
    assert found[0] != found[1]


def test_many_ask_at_once(ask, expected):
    wanted = [expected(seed) for seed in range(4)] * 3

    def one(number):
        return texts(ask(prompt=PROMPT, seed=number % 4, max_tokens=12)[1])[0]

    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(one, range(12))) == wanted


def test_what_keeps_to_a_grammar_parses_or_is_cut(ask):
    _, answer = ask(prompt=PROMPT, grammar="actions", n=8, seed=0)
    for choice in answer["choices"]:
        if choice["finish_reason"] == "stop":
            actions.parse(choice["text"])
    assert {c["finish_reason"] for c in answer["choices"]} >= {"stop"}
    _, answer = ask(
        prompt=PROMPT, grammar="edits", files={"a.py": "x\ny\n"}, max_tokens=30
    )
    assert answer["choices"][0]["text"].startswith("a.py\n```\n<<<<<<< SEARCH\n")


class TestWithOurOwnClient:
    @pytest.fixture
    def endpoint(self, served):
        def endpoint(max_tokens, chat=False):
            sampling = Sampling(0.0, 1.0, max_tokens)
            return Endpoint(served.url, "tiny", sampling, chat, tries=1)

        return endpoint

    @pytest.mark.parametrize("chat", [False, True])
    def test_an_answer_comes(self, endpoint, ask, chat):
        _, answer = ask(prompt=PROMPT, temperature=0)
        (choice,) = answer["choices"]
        problem = Problem("1", "python", {})
        said = endpoint(64, chat).complete(problem, Prompt(PROMPT), 0)
        assert said.text == choice["text"]
        assert said.cut == (choice["finish_reason"] == "length")
        assert said.tokens == answer["usage"]["completion_tokens"]

    def test_a_stop_word_is_heard(self, endpoint, ask):
        said = texts(ask(prompt=PROMPT, temperature=0)[1])[0]
        prompt = Prompt(PROMPT, (said[3:5],))
        found = endpoint(64).complete(Problem("1", "python", {}), prompt, 0)
        assert found.text == said[: said.index(said[3:5])]

    def test_a_long_prompt_is_told_from_other_mistakes(self, endpoint):
        with pytest.raises(ContextExhausted):
            endpoint(8).complete(Problem("1", "python", {}), Prompt("x" * 99), 0)
        with pytest.raises(UserError, match="'max_tokens' must be a whole number"):
            endpoint(0).complete(Problem("1", "python", {}), Prompt(PROMPT), 0)


def wait_until(fulfilled):
    end = time.monotonic() + 30
    while not fulfilled():
        assert time.monotonic() < end, "it has not come to that in 30 s"
        time.sleep(0.005)


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_goes_away_frees_its_slot(served, engine, stream):
    wait_until(lambda: not engine.busy)
    before = engine.speed.tokens
    fields = {"prompt": PROMPT, "n": 100, "stream": stream, "seed": 1}
    body = json.dumps(fields).encode()
    with socket.create_connection(served.server_address) as client:
        head = f"POST /v1/completions HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n"
        client.sendall(head.encode() + body)
        wait_until(lambda: engine.speed.tokens > before)
    wait_until(lambda: not engine.busy)
    assert engine.speed.tokens - before < 1_000, "all of it were some thousands"


@pytest.mark.parametrize(
    "fields, told",
    [
        ({"n": 0}, "'n' must be a whole number"),
        ({"language": "java"}, "has learned only go, python, rust"),
        ({"stop": "\ud800"}, "'stop' is not Unicode"),
        ({"prompt": "x" * 99}, "The prompt has 102 tokens, .* context of 64"),
        ({"grammar": "poems"}, "no grammar 'poems': take actions or edits"),
        ({"grammar": "edits"}, "`edits` needs the file"),
        ({"grammar": "edits", "files": {"a b": "x"}}, "cannot name the file 'a b'"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_a_mistake_is_told_in_one_sentence(ask, fields, told, stream):
    status, answer = ask(**({"prompt": PROMPT, "stream": stream} | fields))
    assert status == 400
    error = answer["error"]
    assert error["type"] == "invalid_request_error"
    assert error["message"].endswith(".") and re.search(told, error["message"])


def test_there_are_models_and_health(ask):
    assert ask("/health", "GET") == (200, {"status": "ok"})
    _, answer = ask("/v1/models", "GET")
    names = [model["id"] for model in answer["data"]]
    assert names == ["tiny", "tiny:go", "tiny:python", "tiny:rust"]
    assert ask("/v1/models/tiny:go", "GET")[1] in answer["data"]


@pytest.mark.parametrize(
    "path, method, status, told",
    [
        ("/v1/embeddings", "POST", 404, "There is nothing at /v1/embeddings"),
        ("/v1/models/other", "GET", 404, "There is nothing at"),
        ("/v1/completions", "GET", 405, "GET is not offered here: POST is."),
        ("/health", "DELETE", 405, "DELETE is not offered here: GET is."),
        ("/health", "BREW", 501, "BREW"),
    ],
)
def test_what_is_not_there_is_named(ask, path, method, status, told):
    found, answer = ask(path, method)
    assert found == status and told in answer["error"]["message"]


def test_a_model_that_is_not_there_is_named(ask):
    status, answer = ask(prompt=PROMPT, model="gpt-4")
    assert status == 404 and answer["error"]["code"] == "model_not_found"
    for language in ("cobol", "java"):  # there is no such one, or it has not learned it
        assert ask(prompt=PROMPT, model=f"tiny:{language}")[0] == 404
        assert ask(f"/v1/models/tiny:{language}", "GET")[0] == 404


def test_a_body_that_is_too_large_is_refused(ask):
    status, answer = ask(prompt="x" * LARGEST_BODY)
    assert status == 413 and "1,048,576" in answer["error"]["message"]
    for odd in ("-5", "9" * 5000):
        status, _ = ask(body=b"", headers={"Content-Length": odd})
        assert status == 400
    status, _ = ask(body=b"", headers={"Transfer-Encoding": "chunked"})
    assert status == 411


def test_a_connection_may_ask_again_after_a_mistake(served):
    connection = http.client.HTTPConnection(*served.server_address, timeout=60)
    with contextlib.closing(connection):
        for body, status in ((b"{", 400), (b'{"prompt": "a", "max_tokens": 1}', 200)):
            connection.request("POST", "/v1/completions", body)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == status


def test_a_client_of_http_1_0_hears_the_stream_alone(served):
    body = json.dumps({"prompt": PROMPT, "max_tokens": 4, "stream": True}).encode()
    head = f"POST /v1/completions HTTP/1.0\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(served.server_address, timeout=60) as client:
        client.sendall(head.encode() + body)
        heard = b"".join(iter(lambda: client.recv(4096), b""))  # till it is closed
    head, _, said = heard.partition(b"\r\n\r\n")
    assert b"Transfer-Encoding" not in head
    assert said.startswith(b"data: {") and said.endswith(b"data: [DONE]\n\n")


def test_a_port_that_is_taken_is_named(served):
    _, port = served.server_address
    with pytest.raises(UserError, match=f"cannot listen to 127.0.0.1, port {port}"):
        Server(served.model, "127.0.0.1", port)
    with pytest.raises(UserError, match="cannot listen to no.such.host"):
        Server(served.model, "no.such.host.invalid", 0)


def test_a_server_that_ends_refuses_new_questions(served):
    with listening(served.model) as server:
        assert server.end(1.0) == 0
        body = json.dumps({"prompt": PROMPT})
        status, answer = over_http(server, "/v1/completions", "POST", body, {})
        assert status == 503 and answer["error"]["type"] == "server_error"


def test_an_engine_that_fails_is_told(engine):
    class Broken(Engine):
        def advance(self):
            raise MemoryError("no room")

    grammars = Grammars(Vocabulary(TOKENIZER, CONFIG.vocab_size), 2)
    broken = Broken(CONFIG, engine._variables, SLOTS, steps=4)
    with Service(broken, TOKENIZER) as service:
        about = TOKENIZER, CONFIG.seq_len, grammars, LEARNED
        model = Model("tiny", "step 1", service, *about)
        with listening(model) as server:
            for stream in (False, True):
                body = json.dumps({"prompt": PROMPT, "stream": stream})
                status, answer = over_http(server, "/v1/completions", "POST", body, {})
                assert status == 500 and "no room" in answer["error"]["message"]
        assert isinstance(service.failure, MemoryError)
