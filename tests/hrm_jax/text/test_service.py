"""Many threads ask one engine, and each hears its own answer."""

from concurrent.futures import ThreadPoolExecutor

import jax
import pytest

from data_pipeline.schema import UserError
from data_pipeline.text.tokenizer import LEAST_VOCABULARY, Tokenizer
from hrm_jax.text.engine import Engine, Request
from hrm_jax.text.service import Service
from tests.hrm_jax.models.small import init_variables
from tests.hrm_jax.models.test_text import spread
from tests.hrm_jax.models.text import text

TOKENIZER = Tokenizer.train([], LEAST_VOCABULARY)
CONFIG = text(vocab_size=LEAST_VOCABULARY, seq_len=32, h_cycles=1, gradient_window=1)


@pytest.fixture(scope="module")
def variables():
    return spread(init_variables(CONFIG, jax.random.key(3)))


def request(number: int, count: int = 8) -> Request:
    return Request([9, 20 + number, 30, 2], count, temperature=1.0, seed=number)


def test_answers_are_those_of_an_engine_alone(variables):
    alone = Engine(CONFIG, variables, 1, steps=4)
    expected = []
    for number in range(6):
        said = [t for p in alone.run([request(number)]) for t in p.tokens]
        expected.append(TOKENIZER.decode(said).decode(errors="replace"))
    engine = Engine(CONFIG, variables, 2, steps=4)
    with Service(engine, TOKENIZER) as service, ThreadPoolExecutor(6) as pool:

        def ask(number):
            return "".join(piece.text for piece in service.answer(request(number)))

        assert list(pool.map(ask, range(6))) == expected
    assert not engine.busy


def test_who_stops_listening_makes_room(variables):
    engine = Engine(CONFIG, variables, 1, steps=1)
    with Service(engine, TOKENIZER) as service:
        long = service.answer(request(0, 25))
        next(long)
        long.close()
        assert [p.reason for p in service.answer(request(1, 2))][-1] in (
            "length",
            "stop",
        )
        # It was ended early: all of its tokens would have been 25.
        assert service.speed.tokens < 25


def test_what_stands_behind_a_stop_word_is_not_counted(variables):
    """However many tokens an engine says at a time."""
    found = []
    for steps in (1, 16):
        engine = Engine(CONFIG, variables, 1, steps=steps)
        with Service(engine, TOKENIZER) as service:
            whole = "".join(p.text for p in service.answer(request(5, 20)))
            word = whole[4:6]
            pieces = list(service.answer(request(5, 20), [word]))
        said = [one.token for piece in pieces for one in piece.said]
        text = "".join(piece.text for piece in pieces)
        assert pieces[-1].tokens == len(said) < 20
        found.append((text, said, pieces[-1].reason))
    assert found[0] == found[1]
    assert text == whole[: whole.index(word)] and len(word) == 2
    # The last token has brought it.
    assert word in TOKENIZER.decode(said).decode(errors="replace")
    assert word not in TOKENIZER.decode(said[:-1]).decode(errors="replace")


def test_a_mistake_is_the_asker_s_own(variables):
    engine = Engine(CONFIG, variables, 1, steps=4)
    with Service(engine, TOKENIZER) as service:
        with pytest.raises(UserError, match="context of 32"):
            list(service.answer(Request([9] * 40, 1)))
        assert list(service.answer(request(2)))[-1].reason


def test_an_engine_that_fails_is_told_to_all_who_wait(variables):
    class Broken(Engine):
        def advance(self):
            raise MemoryError("no room")

    with Service(Broken(CONFIG, variables, 1), TOKENIZER) as service:
        for number in range(2):
            with pytest.raises(MemoryError, match="no room"):
                list(service.answer(request(number)))
