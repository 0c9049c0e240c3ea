"""Log-probabilities over HTTP are those of the model."""

import pytest

from data_pipeline.text.rows import encode_question
from eval.benchmarks.endpoint import Endpoint, Sampling
from eval.benchmarks.problem import Prompt
from hrm_jax.text.engine import Engine, Request
from tests.hrm_jax.text.serving import CONFIG, PROMPT, SLOTS, TOKENIZER


@pytest.mark.parametrize("chat", [False, True])
def test_log_probabilities_are_the_model_s(ask, engine, served, chat):
    tokens = encode_question("python", PROMPT, TOKENIZER)
    alone = Engine(CONFIG, engine._variables, SLOTS, steps=4)
    news = list(alone.run([Request(tokens, 12, 1.0, 1.0, 5)]))
    said = [token for one in news for token in one.tokens]
    likely = [p for one in news for p in one.log_probs][: len(said)]
    assert len(said) > 3 and max(likely) < 0

    path = "/v1/chat/completions" if chat else "/v1/completions"
    asked = {"messages": [{"role": "user", "content": PROMPT}]} if chat else {}
    fields = {"seed": 5, "max_tokens": 12, "logprobs": True if chat else 0}
    fields |= asked or {"prompt": PROMPT}
    _, whole = ask(path, **fields)
    _, events = ask(path, **fields, stream=True)
    parts = [event["choices"][0]["logprobs"] for event in events]
    (choice,) = whole["choices"]
    told = choice["logprobs"]
    if chat:
        rows = told["content"]
        assert rows == [row for part in parts for row in part["content"]]
        texts, found = ([row[n] for row in rows] for n in ("bytes", "logprob"))
        assert bytes(byte for text in texts for byte in text) == TOKENIZER.decode(said)
    else:
        for name in ("tokens", "token_logprobs", "text_offset"):
            assert told[name] == [one for part in parts for one in part[name]]
        lengths = [len(text) for text in told["tokens"]]
        assert told["text_offset"] == [sum(lengths[:n]) for n in range(len(lengths))]
        assert told["tokens"] == [
            TOKENIZER.decode([token]).decode(errors="replace") for token in said
        ]
        found = told["token_logprobs"]
    assert found == pytest.approx(likely, abs=1e-6)
    # And so whoever asks hears them; without asking nobody does.
    url = f"http://127.0.0.1:{served.server_address[1]}/v1"
    more = {"logprobs": fields["logprobs"], "seed": 5}
    endpoint = Endpoint(url, "tiny", Sampling(1.0, 1.0, 12), chat, more=more)
    assert endpoint.completion(Prompt(PROMPT)).log_probs == pytest.approx(found)
    plain = Endpoint(url, "tiny", Sampling(1.0, 1.0, 12), chat)
    assert plain.completion(Prompt(PROMPT)).log_probs == ()
