"""A run answers as the data did that it learned from last, reinforced or not."""

import json
import shutil

import pytest

from configs import text
from data_pipeline.schema import UserError
from hrm_jax import saved_config
from hrm_jax.text import form, learned
from hrm_jax.text.form import Form

PLAIN = Form(edits=False, plans=False, backward=False)


@pytest.fixture
def saved(tmp_path):
    def saved(name, start_from="", objective="none", **data):
        config = text.get_config()
        config.data.update(data)
        config.rl.objective = objective
        config.train.start_from = str(start_from)
        saved_config.save(config, tmp_path / name)
        return tmp_path / name

    return saved


@pytest.mark.parametrize(
    "data, expected",
    [
        ({}, PLAIN),
        ({"edits": 0.5}, PLAIN._replace(edits=True)),
        ({"plan": "before"}, PLAIN._replace(plans=True)),
        ({"plan": "after"}, PLAIN),
        ({"direction": "backward"}, PLAIN._replace(backward=True)),
    ],
)
def test_it_is_that_of_the_data_and_stays_when_it_is_reinforced(saved, data, expected):
    first = saved("first", **data)
    second = saved("second", first, "gspo")
    third = saved("third", second, "dagger")
    assert form.of_run(first) == form.of_run(second) == form.of_run(third) == expected
    whole = not expected.edits and not expected.plans
    assert expected.whole_programs == whole and expected.joined(PLAIN) == expected
    # Other examples teach another form.
    assert form.of_run(saved("fourth", third)) == PLAIN


def test_it_is_kept_where_those_before_may_be_gone(saved):
    first = saved("first", edits=1.0)
    second = saved("second", first, "gspo")
    edits = PLAIN._replace(edits=True)
    (second / learned.RECORD).write_text(json.dumps({form.KEY: edits._asdict()}))
    third = saved("third", second, "gspo")
    shutil.rmtree(first)
    assert form.of_run(second) == form.of_run(third) == edits
    # As of earlier versions, or damaged.
    for other in "{", "[]", "{}", '{"form": {"edits": true}}':
        (second / learned.RECORD).write_text(other)
        assert form.of_run(second) == PLAIN
    (second / saved_config.CONFIG_FILE).write_text("{}")
    assert form.of_run(third) == PLAIN
    with pytest.raises(UserError, match="lacks the field"):
        form.of_run(second)
