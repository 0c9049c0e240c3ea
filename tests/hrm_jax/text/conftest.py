"""What the tests of the server have in common."""

import json

import jax
import pytest

from hrm_jax.text.engine import Engine
from hrm_jax.text.grammar import Grammars, Vocabulary
from hrm_jax.text.served import Model
from hrm_jax.text.service import Service
from tests.hrm_jax.models.small import init_variables
from tests.hrm_jax.models.test_text import spread
from tests.hrm_jax.text.serving import (
    CONFIG,
    LEARNED,
    SLOTS,
    TOKENIZER,
    listening,
    over_http,
)


@pytest.fixture(scope="module")
def engine():
    variables = spread(init_variables(CONFIG, jax.random.key(3)))
    return Engine(CONFIG, variables, SLOTS, steps=4)


@pytest.fixture(scope="module")
def served(engine):
    """The model of a server that runs, and its port."""
    grammars = Grammars(Vocabulary(TOKENIZER, CONFIG.vocab_size), 2)
    with Service(engine, TOKENIZER) as service:
        about = TOKENIZER, CONFIG.seq_len, grammars, LEARNED
        model = Model("tiny", "step 1", service, *about)
        with listening(model) as server:
            yield server


@pytest.fixture
def ask(served):
    """Asks: status, and the body, of a stream its events."""

    def ask(path="/v1/completions", method="POST", headers=None, **fields):
        body = fields["body"] if "body" in fields else json.dumps(fields)
        return over_http(served, path, method, body, headers or {})

    return ask
