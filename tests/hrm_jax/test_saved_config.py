"""A workdir keeps one config, and only what may change does."""

import functools
import json
import operator

import pytest

from configs import default, sudoku_extreme
from data_pipeline.schema import UserError
from hrm_jax import saved_config


def resolved(**changes):
    config = default.get_config().copy_and_resolve_references()
    for name, value in changes.items():
        *groups, field = name.split("__")
        group = functools.reduce(operator.getitem, groups, config)
        group[field] = value
    return config


def test_what_is_saved_comes_back(tmp_path):
    config = sudoku_extreme.get_config("trm_mlp").copy_and_resolve_references()
    saved_config.save(config, tmp_path / "a" / "run")
    loaded = saved_config.load(tmp_path / "a" / "run")
    assert loaded.to_dict() == config.to_dict()
    assert loaded.model.attention_scopes == () and loaded.optim.no_decay == ()


def test_a_run_of_an_earlier_version_does_what_it_did(tmp_path):
    saved_config.save(resolved(), tmp_path)
    path = tmp_path / saved_config.CONFIG_FILE
    values = json.loads(path.read_text())
    del values["model"]["feedback"], values["quantization"], values["rl"]["kl_weight"]
    del values["data"]["kept_out"]
    path.write_text(json.dumps(values))
    assert saved_config.load(tmp_path).to_dict() == resolved().to_dict()
    saved_config.require_fit(resolved(), tmp_path)
    with pytest.raises(UserError, match="model.feedback = none"):
        saved_config.require_same_model(resolved(model__feedback="insight"), tmp_path)
    values["model"]["colour"] = "red"
    path.write_text(json.dumps(values))
    with pytest.raises(UserError, match="unknown field model.colour"):
        saved_config.load(tmp_path)


@pytest.mark.parametrize(
    ("group", "field", "value", "words"),
    [
        ("train", "steps", "100", "train.steps = '100', but it must be a whole number"),
        ("train", "steps", 100.0, "train.steps = 100.0, but it must be a whole number"),
        ("data", "augment", 1, "data.augment = 1, but it must be true or false"),
        ("data", "corpus", "a", "data.corpus = 'a', but it must be texts"),
        ("data", "corpus", [[]], r"data.corpus = \(\[\],\), but it must be texts"),
        ("optim", "b1", None, "optim.b1 = None, but it must be a number"),
        ("optim", "b1", 10**400, "optim.b1 = 10*, but it must be a number"),
        ("data", "seed", {"a": 1}, "lacks the field data.seed"),
        (None, "train", [], "holds the unknown field train"),
    ],
)
def test_values_of_another_kind_are_named(group, field, value, words, tmp_path):
    saved_config.save(resolved(), tmp_path)
    path = tmp_path / saved_config.CONFIG_FILE
    values = json.loads(path.read_text())
    (values[group] if group else values)[field] = value
    path.write_text(json.dumps(values))
    with pytest.raises(UserError, match=words) as found:
        saved_config.load(tmp_path)
    assert str(path) in str(found.value)


def test_a_whole_number_is_a_number(tmp_path):
    saved_config.save(resolved(), tmp_path)
    path = tmp_path / saved_config.CONFIG_FILE
    values = json.loads(path.read_text())
    values["optim"]["weight_decay"] = 1
    path.write_text(json.dumps(values))
    assert isinstance(saved_config.load(tmp_path).optim.weight_decay, float)


@pytest.mark.parametrize(
    "change",
    [
        {"train__steps": 9},
        {"train__depth_steps": 9, "train__window_steps": 9},  # of none
        {"train__save_every": 3},
        {"evaluation__batch_size": 2},
        {"data__directory": "moved"},
        {"remat": "block", "microbatches": 2},
    ],
)
def test_what_may_change_is_written_anew(change, tmp_path):
    saved_config.save(resolved(), tmp_path)
    saved_config.save(resolved(**change), tmp_path)
    assert saved_config.load(tmp_path).to_dict() == resolved(**change).to_dict()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model__width": 64}, "model.width = .*, but the config now says 64"),
        ({"optim__accumulate": 2}, "optim.accumulate = 1, but the config now says 2"),
        ({"optim__b2": 0.5}, "optim.b2 = .*, but the config now says 0.5"),
        ({"data__seed": 7}, "data.seed = .*, but the config now says 7"),
        ({"train__seed": 7}, "train.seed = .*, but the config now says 7"),
    ],
)
def test_what_makes_the_run_what_it_is_may_not(change, words, tmp_path):
    saved_config.save(resolved(), tmp_path)
    with pytest.raises(UserError, match=words):
        saved_config.save(resolved(**change), tmp_path)
    assert saved_config.load(tmp_path).to_dict() == resolved().to_dict()


STAGED = {
    **{"train__depths": ("0.5:1x1",), "train__depth_steps": 2300},
    **{"train__first_window": 1, "train__window_steps": 5},
}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"train__depths": ()}, r"train.depths = \['0.5:1x1'\], but .* says \[\]"),
        ({"train__depth_steps": 80}, "train.depth_steps = 2300, but .* says 80"),
        ({"train__first_window": 0}, "train.first_window = 1, but .* says 0"),
        ({"train__window_steps": 9}, "train.window_steps = 5, but .* says 9"),
    ],
)
def test_a_run_does_not_go_back_to_less_depth(change, words, tmp_path):
    saved_config.save(resolved(**STAGED), tmp_path)
    with pytest.raises(UserError, match=words):
        saved_config.save(resolved(**STAGED | change), tmp_path)
    saved_config.save(resolved(**STAGED, train__steps=4000), tmp_path)
    assert saved_config.load(tmp_path).train.steps == 4000


def test_a_file_is_no_workdir(tmp_path):
    file = tmp_path / "file"
    file.write_text("precious")
    with pytest.raises(UserError, match="is a file"):
        saved_config.save(resolved(), file)
    with pytest.raises(UserError, match="cannot be written"):
        saved_config.save(resolved(), file / "run")
    assert file.read_text() == "precious"


def test_checkpoints_of_an_unknown_run_are_left_alone(tmp_path):
    (tmp_path / "checkpoints" / "40").mkdir(parents=True)
    with pytest.raises(UserError, match="holds checkpoints, but not the config.json"):
        saved_config.save(resolved(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoints"]


def test_differences_name_both_sides():
    other, width = resolved(model__width=64), resolved().model.width
    assert saved_config.differences(other, resolved()) == {"model.width": (64, width)}
    assert saved_config.differences(resolved(), resolved()) == {}
