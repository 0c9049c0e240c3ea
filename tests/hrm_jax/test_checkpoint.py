"""What is saved comes back, on any devices; damage is named and passed over."""

import asyncio
import functools
import os
import sys

import jax
import numpy as np
import pytest
from jax.sharding import AxisType, NamedSharding, SingleDeviceSharding
from jax.sharding import PartitionSpec as P
from orbax.checkpoint import type_handlers

from configs import default
from data_pipeline.schema import UserError
from data_pipeline.task import Dimensions
from hrm_jax import checkpoint, experiment, orbax_files, sharding
from hrm_jax.checkpoint import BEST_METRIC, Checkpoints
from hrm_jax.train_state import eval_variables, init_state

DATA = {"next_index": 7}
SUDOKU = Dimensions(11, 81, 8, 3, 3)
NOTES = {"seconds": 1.5, "window": {"steps": 2.0}}


def configured(**fields):
    """The config of a small run with puzzle vectors."""
    config = default.get_config().copy_and_resolve_references()
    config.slots = 8
    config.model.update(width=48, puzzle_width=16, prefix_len=1)
    config.update_from_flattened_dict(
        {name.replace("__", "."): value for name, value in fields.items()}
    )
    return experiment.train_config(config, SUDOKU)


@pytest.fixture(scope="module")
def init():
    return functools.partial(init_state, configured())


MODEL = configured().model
HERE = SingleDeviceSharding(jax.devices()[0])


def mesh(devices: int, fsdp: int):
    return jax.make_mesh(
        (devices // fsdp, fsdp, 1),
        ("data", "fsdp", "tensor"),
        axis_types=(AxisType.Auto,) * 3,
        devices=jax.devices()[:devices],
    )


def state_on(init, mesh, seed=0):
    key = jax.random.key(seed)
    shardings = sharding.state_shardings(jax.eval_shape(init, key), mesh)
    return jax.jit(init, out_shardings=shardings)(key)


def target_on(init, mesh):
    shapes = jax.eval_shape(init, jax.random.key(0))
    return sharding.with_shardings(shapes, sharding.state_shardings(shapes, mesh))


def assert_equal(state, other):
    assert jax.tree.structure(state) == jax.tree.structure(other)
    for leaf, expected in zip(
        jax.tree.leaves(state), jax.tree.leaves(other), strict=True
    ):
        if jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            leaf, expected = jax.random.key_data(leaf), jax.random.key_data(expected)
        assert leaf.dtype == expected.dtype
        np.testing.assert_array_equal(np.asarray(leaf), np.asarray(expected))


@pytest.mark.parametrize(("devices", "fsdp"), [(8, 2), (2, 1), (1, 1)])
def test_comes_back_on_other_devices(devices, fsdp, init, tmp_path):
    state = state_on(init, mesh(4, 4))
    with Checkpoints(tmp_path, keep_last=1) as checkpoints:
        checkpoints.save(3, state, DATA, NOTES, None)
    target = target_on(init, mesh(devices, fsdp))
    with Checkpoints(tmp_path, keep_last=1) as checkpoints:
        restored = checkpoints.restore(target)
    assert restored is not None
    assert restored.step == 3 and not restored.complaints
    assert (restored.data, restored.notes) == (DATA, NOTES)
    assert_equal(restored.state, state)
    for leaf, wanted in zip(
        jax.tree.leaves(restored.state), jax.tree.leaves(target), strict=True
    ):
        assert leaf.sharding == wanted.sharding


def test_a_run_without_a_table_whose_gradients_accumulate_comes_back(tmp_path):
    config = default.get_config().copy_and_resolve_references()
    config.slots = 8
    config.model.width = 48
    config.optim.accumulate = 2
    config.train.steps = 4
    init = functools.partial(init_state, experiment.train_config(config, SUDOKU))
    state = state_on(init, mesh(2, 2))
    assert state.puzzle_table is None and state.accumulator is not None
    with Checkpoints(tmp_path, keep_last=1) as checkpoints:
        checkpoints.save(3, state, DATA, NOTES, None)
        checkpoints.wait()
        restored = checkpoints.restore(target_on(init, mesh(1, 1)))
    assert restored is not None
    assert_equal(restored.state, state)


def test_the_best_and_the_last_are_kept(init, tmp_path):
    target = target_on(init, mesh(1, 1))
    with Checkpoints(tmp_path, keep_last=2) as checkpoints:
        for step, score in enumerate([0.1, 0.9, 0.5, None, 0.7]):
            metrics = None if score is None else {BEST_METRIC: score}
            state = state_on(init, mesh(1, 1), seed=step)
            checkpoints.save(step, state, DATA, NOTES, metrics)
    kept = sorted(path.name for path in (tmp_path / "checkpoints").iterdir())
    assert kept == ["1", "3", "4"]
    with Checkpoints(tmp_path, keep_last=2) as checkpoints:
        latest = checkpoints.restore(target) or pytest.fail()
    best = checkpoint.read_weights(tmp_path, MODEL, True, HERE) or pytest.fail()
    assert latest.step == 4 and best.step == 1
    assert_equal(latest.state, state_on(init, mesh(1, 1), seed=4))


def test_an_empty_folder_holds_nothing(init, tmp_path):
    with Checkpoints(tmp_path, keep_last=1) as checkpoints:
        assert checkpoints.restore(target_on(init, mesh(1, 1))) is None


def damage(workdir, step):
    for path in (workdir / "checkpoints" / str(step)).rglob("*"):
        if path.is_file():
            os.truncate(path, path.stat().st_size // 2)


def test_the_unreadable_is_kept_aside_by_who_writes_and_left_by_who_reads(
    init, tmp_path
):
    target, state = target_on(init, mesh(1, 1)), state_on(init, mesh(1, 1))
    aside = tmp_path / "checkpoints-unreadable"
    for place in ("2", "2-2"):
        with Checkpoints(tmp_path, keep_last=2) as checkpoints:
            for step in (1, 2):
                checkpoints.save(step, state, DATA, NOTES, None)
        damage(tmp_path, 2)
        sizes = files(tmp_path / "checkpoints" / "2")
        read = checkpoint.read_weights(tmp_path, MODEL, False, HERE) or pytest.fail()
        (complaint,) = read.complaints
        assert read.step == 1 and complaint.endswith(").")
        assert files(tmp_path / "checkpoints" / "2") == sizes
        with Checkpoints(tmp_path, keep_last=2) as checkpoints:
            restored = checkpoints.restore(target) or pytest.fail()
        (complaint,) = restored.complaints
        assert restored.step == 1 and complaint.endswith(f"it is now {aside / place}.")
        assert files(aside / place) == sizes
    with Checkpoints(tmp_path, keep_last=2) as checkpoints:
        checkpoints.save(2, state, DATA, NOTES, None)
        restored = checkpoints.restore(target)
    assert restored is not None and restored.step == 2


def files(folder):
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def test_damage_everywhere_is_an_error(init, tmp_path):
    with Checkpoints(tmp_path, keep_last=2) as checkpoints:
        for step in (1, 2):
            checkpoints.save(step, state_on(init, mesh(1, 1)), DATA, NOTES, None)
    for step in (1, 2):
        damage(tmp_path, step)
    with Checkpoints(tmp_path, keep_last=2) as checkpoints:
        with pytest.raises(UserError, match="None of the checkpoints"):
            checkpoints.restore(target_on(init, mesh(1, 1)))
    assert not (tmp_path / "checkpoints-unreadable").exists()


def test_a_complaint_names_the_cause_in_a_line(init, tmp_path):
    """Of TensorStore's report, the last of a chain of errors."""
    with Checkpoints(tmp_path, keep_last=1) as checkpoints:
        checkpoints.save(1, state_on(init, mesh(1, 1)), DATA, NOTES, None)
    for path in (tmp_path / "checkpoints").glob("1/state/d/*"):
        os.truncate(path, path.stat().st_size // 2)
    with Checkpoints(tmp_path, keep_last=1) as checkpoints:
        with pytest.raises(UserError) as caught:
            checkpoints.restore(target_on(init, mesh(1, 1)))
    _, _, reason = str(caught.value).partition("cannot be read (")
    assert reason.startswith("error reading ") and len(reason) < 400
    assert "ensorStore" not in reason and "tensorstore" not in reason
    assert reason.endswith("). Move the folder away to train anew.")


def test_a_damaged_score_is_named(init, tmp_path):
    """Without it nobody knows the best; without its folder the others do."""
    with Checkpoints(tmp_path, keep_last=2) as checkpoints:
        for step in (1, 2):
            metrics = {BEST_METRIC: 0.1 * step}
            state = state_on(init, mesh(1, 1))
            checkpoints.save(step, state, DATA, NOTES, metrics)
    folder = tmp_path / "checkpoints" / "2"
    damage(tmp_path, 2)
    for opening in (
        lambda: Checkpoints(tmp_path, keep_last=2),
        lambda: checkpoint.read_weights(tmp_path, MODEL, True, HERE),
    ):
        with pytest.raises(UserError, match=f"The score of .* in {folder} cannot"):
            opening()
    folder.rename(tmp_path / "away")
    found = checkpoint.read_weights(tmp_path, MODEL, True, HERE) or pytest.fail()
    assert found.step == 1


@pytest.mark.parametrize(
    ("whole", "fields", "array", "there", "asked"),
    [
        *(
            (whole, *case)
            for whole in (True, False)
            for case in (
                ({"model__width": 24}, "answer_head.kernel", "[48, 11]", "[24, 11]"),
                ({"model__l_layers": 1}, "l_module.block_1.", "[48, ", "none"),
                ({"model__l_layers": 3}, "l_module.block_2.", "none", "[48, "),
            )
        ),
        (False, {"model__puzzle_width": 0}, "puzzle_table", "[8, 16]", "none"),
    ],
)
def test_another_model_is_told_by_what_differs(
    whole, fields, array, there, asked, init, tmp_path
):
    """And nothing is moved, nor is anybody told to."""
    with Checkpoints(tmp_path, keep_last=1) as checkpoints:
        checkpoints.save(1, state_on(init, mesh(1, 1)), DATA, NOTES, None)
    before, other = files(tmp_path), configured(**fields)
    with pytest.raises(UserError, match="is of another model or recipe") as caught:
        if whole:
            target = target_on(functools.partial(init_state, other), mesh(1, 1))
            with Checkpoints(tmp_path, keep_last=1) as checkpoints:
                checkpoints.restore(target)
        else:
            checkpoint.read_weights(tmp_path, other.model, False, HERE)
    said = str(caught.value)
    assert array in said and f"holds {there}" in said and f"asks for {asked}" in said
    assert "folder" not in said and files(tmp_path) == before


def test_another_optimiser_is_told_by_what_differs(init, tmp_path):
    with Checkpoints(tmp_path, keep_last=1) as checkpoints:
        checkpoints.save(1, state_on(init, mesh(1, 1)), DATA, NOTES, None)
    other = functools.partial(init_state, configured(optim__name="muon"))
    with Checkpoints(tmp_path, keep_last=1) as checkpoints:
        with pytest.raises(UserError, match=r"recipe than its config: of opt_state\."):
            checkpoints.restore(target_on(other, mesh(1, 1)))


@pytest.mark.parametrize(
    "fields",
    [
        {"optim__ema_decay": 0.0},
        {"optim__ema_decay": 0.9},
        {"model__puzzle_width": 0, "optim__name": "muon", "slots": 16},
    ],
)
@pytest.mark.parametrize("devices", [1, 8])
def test_weights_are_read_bit_by_bit_whatever_they_were_trained_by(
    fields, devices, tmp_path
):
    config = configured(**fields)
    state = state_on(functools.partial(init_state, config), mesh(4, 4))
    if state.ema_params is not None:
        state = state._replace(ema_params=jax.tree.map(jax.numpy.sin, state.ema_params))
    with Checkpoints(tmp_path, keep_last=1) as checkpoints:
        checkpoints.save(3, state, DATA, NOTES, None)
    place = NamedSharding(mesh(devices, 1), P())
    read = checkpoint.read_weights(tmp_path, config.model, True, place) or pytest.fail()
    assert read.step == 3 and not read.complaints
    assert_equal(read[1:3], (eval_variables(state), state.puzzle_table))
    assert {leaf.sharding for leaf in jax.tree.leaves(read[1:3])} == {place}


def test_of_what_only_training_needs_nothing_is_read(init, tmp_path, monkeypatch):
    with Checkpoints(tmp_path, keep_last=1) as checkpoints:
        checkpoints.save(1, state_on(init, mesh(1, 1)), DATA, NOTES, None)
    asked, read = set(), type_handlers.ArrayHandler.deserialize

    def deserialize(self, infos, args=None):
        asked.update(info.name.split(".")[0] for info in infos)
        asked.update(info.name for info in infos if "variables" in info.name)
        return read(self, infos, args)

    monkeypatch.setattr(type_handlers.ArrayHandler, "deserialize", deserialize)
    checkpoint.read_weights(tmp_path, MODEL, False, HERE)
    constants = {f"variables.constants.{name}_init" for name in ("z_h", "z_l")}
    assert asked == {"ema_params", "puzzle_table", "variables", *constants}


def test_the_best_or_the_last_is_read_and_a_run_that_trains_is_left_in_peace(
    init, tmp_path
):
    states = [state_on(init, mesh(1, 1), seed) for seed in range(3)]
    with Checkpoints(tmp_path, keep_last=2) as checkpoints:
        for step, score in enumerate([0.1, 0.9, 0.5]):
            metrics = {BEST_METRIC: score}
            checkpoints.save(step, states[step], DATA, NOTES, metrics)
    begun = tmp_path / "checkpoints" / "3.orbax-checkpoint-tmp" / "state"
    begun.mkdir(parents=True)
    (begun / "half").write_text("a")
    before = files(tmp_path)
    for best, step in ((True, 1), (False, 2)):
        read = checkpoint.read_weights(tmp_path, MODEL, best, HERE) or pytest.fail()
        assert read.step == step
        assert_equal(read.variables, eval_variables(states[step]))
    assert files(tmp_path) == before


def test_where_no_checkpoint_is_nothing_is_made(tmp_path):
    assert checkpoint.read_weights(tmp_path, MODEL, True, HERE) is None
    assert not list(tmp_path.iterdir())
    (tmp_path / "checkpoints").mkdir()
    assert checkpoint.read_weights(tmp_path, MODEL, True, HERE) is None


def test_both_halves_of_muon_come_back(tmp_path):
    config = default.get_config().copy_and_resolve_references()
    config.slots = 8
    config.optim.name = "muon"
    init = functools.partial(init_state, experiment.train_config(config, SUDOKU))
    state = state_on(init, mesh(4, 4))
    kernels = state.opt_state[0].inner_states["muon"].inner_state.mu["l_module"]
    spread = kernels["block_0"]["mlp"]["gate_up"]["kernel"].sharding.spec
    assert "fsdp" in spread
    with Checkpoints(tmp_path, keep_last=1) as checkpoints:
        checkpoints.save(3, state, DATA, NOTES, None)
        restored = checkpoints.restore(target_on(init, mesh(2, 1)))
    assert restored is not None
    assert_equal(restored.state, state)


def test_what_nobody_can_catch_is_told_but_for_the_known(monkeypatch):
    told = []
    monkeypatch.setattr(sys, "unraisablehook", lambda one: told.append(one.exc_value))
    orbax_files._ignore_what_is_late.__wrapped__()

    class Late:
        def __init__(self, text):
            self.text = text

        def __del__(self):
            raise RuntimeError(self.text)

    async def _read_array():
        try:
            await asyncio.sleep(0)
        finally:
            raise OSError("one that nobody waits for")

    begun = _read_array()
    begun.send(None)
    del begun
    Late("Event loop is closed")
    Late("the house is on fire")
    assert list(map(str, told)) == ["the house is on fire"]
