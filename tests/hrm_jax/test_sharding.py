"""Who holds what: rows of a batch, parameters, layers, and what devices tell others."""

import dataclasses
import functools
import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import PartitionSpec as P

from data_pipeline.schema import Batch, UserError
from hrm_jax import sharding, train_state
from hrm_jax.models import reasoner, tensor_parallel
from tests.hrm_jax.test_train_step import PUZZLES, SEQ_LEN, SLOTS, small

MESHES = [(1, 1), (4, 1), (1, 4), (2, 2)]


def shapes(config):
    init = functools.partial(train_state.init_state, config)
    return jax.eval_shape(init, jax.random.key(0))


@pytest.mark.parametrize(("fsdp", "tensor"), MESHES)
def test_a_batch_is_put_together_from_own_rows(fsdp, tensor):
    mesh = sharding.make_mesh(fsdp, tensor)
    rows = sharding.own_rows(mesh, 16)
    np.testing.assert_array_equal(rows, np.arange(16))  # one process has them all
    tokens = np.arange(16 * SEQ_LEN, dtype=np.int32).reshape(16, SEQ_LEN)
    batch = sharding.shard_batch(Batch(tokens, -tokens, tokens[:, 0]), mesh, 16)
    np.testing.assert_array_equal(batch.inputs, tokens)
    np.testing.assert_array_equal(batch.labels, -tokens)
    assert batch.inputs.sharding.spec == P(("data", "fsdp"))
    for shard in batch.puzzle_ids.addressable_shards:
        assert shard.data.shape == (16 * tensor // 8,)


@pytest.mark.parametrize(
    ("fsdp", "tensor", "complaint"),
    [
        (3, 1, "train.fsdp is 3, but it must divide the 8 devices."),
        (1, 0, "train.tensor is 0, but it must divide the 8 devices."),
        (4, 4, "train.fsdp x train.tensor is 4 x 4, but it must divide the 8 devices."),
    ],
)
def test_devices_that_cannot_be_shared_out_are_named(fsdp, tensor, complaint):
    with pytest.raises(UserError) as error:
        sharding.make_mesh(fsdp, tensor)
    assert str(error.value) == complaint


def test_what_does_not_divide_is_named():
    config, four = small(), sharding.make_mesh(1, 4)
    with pytest.raises(UserError, match="train.tensor is 4.* divide the heads, 2"):
        sharding.require_fit(config, four)
    with pytest.raises(UserError, match="slots is 9.* multiple of the 2 devices .gro"):
        sharding.require_fit(dataclasses.replace(config, slots=9), four)
    sharding.require_fit(config, sharding.make_mesh(4, 2))


def test_large_parameters_and_the_table_are_spread():
    config = small()
    model = dataclasses.replace(config.model, width=64, puzzle_width=64)
    state = shapes(dataclasses.replace(config, model=model))
    mesh = sharding.make_mesh(2, 2)
    places: Any = sharding.state_shardings(state, mesh)
    block = places.variables.params["l_module"]["block_0"]
    assert block["attention"]["qkv"]["kernel"].spec == P("tensor", "fsdp")
    assert block["mlp"]["down"]["kernel"].spec == P("tensor", "fsdp")
    assert places.puzzle_table.spec == P("fsdp")
    odd = state._replace(
        puzzle_table=jax.ShapeDtypeStruct((PUZZLES + 1, 64), "float32")
    )
    table: Any = sharding.state_shardings(odd, mesh).puzzle_table
    assert table.spec == P(None, "fsdp")
    moments = places.opt_state[0].mu["l_module"]["block_0"]["mlp"]["down"]["kernel"]
    assert moments.spec == P("tensor", "fsdp")


def test_shared_layers_talk_twice_a_block_and_keep_their_weights():
    """One block, called twice: four all-reduces of its output; of weights, once, what
    lies in stored order. The heads and channels of a device never meet the others'."""
    config = small().model
    variables = shapes(small()).variables
    mesh = jax.make_mesh(
        (2,),
        ("tensor",),
        axis_types=(jax.sharding.AxisType.Auto,),
        devices=jax.devices()[:2],
    )
    latents = jnp.zeros((SLOTS, config.length, config.width), jnp.float32)
    segment = functools.partial(reasoner.run_segment, config)
    place = functools.partial(jax.sharding.NamedSharding, mesh)

    def kernel(path, leaf):
        where = place(P("tensor") if tensor_parallel.is_shared(path) else P())
        return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=where)

    placed = jax.tree_util.tree_map_with_path(kernel, variables)
    arguments = jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=place(P())),
        (
            reasoner.Latents(latents, latents),
            jnp.zeros((SLOTS, SEQ_LEN), jnp.int32),
            jnp.zeros((SLOTS, config.puzzle_width), jnp.float32),
        ),
    )
    options = {"xla_backend_optimization_level": 0}
    with jax.set_mesh(mesh):
        lowered = jax.jit(segment, compiler_options=options).lower(placed, *arguments)
    program = lowered.compile().as_text() or ""
    sizes = re.findall(r" = (\S+?)(?:\{\S*)? all-reduce\(", program)
    assert sizes == [f"f32[{SLOTS},{config.length},{config.width}]"] * 4
    assert "all-gather(" not in program
    moved = re.findall(r" all-to-all\(", program)
    assert len(moved) == 4  # qkv and gate_up of both modules
