"""What is counted of a compiled program, and the formula that goes on from there."""

import dataclasses

import pytest

from bench import chips, collectives, scaling
from tests.hrm_jax.test_train_step import small

PROGRAM = """
%add (a: f32[], b: f32[]) -> f32[] {
  ROOT %sum = f32[] add(%a, %b)
}

%body (p: (f32[4,8])) -> (f32[4,8]) {
  %one = f32[4,8]{1,0} all-reduce(%x), replica_groups=[2,4]<=[8], to_apply=%add
}

ENTRY %main (p: f32[4,8]) -> f32[4,8] {
  %loop = (f32[4,8]) while(%t), condition=%c, body=%body, backend_config={"known_trip_count":{"n":"3"}}
  %two = (bf16[2,2]{1,0}, s32[]) all-gather(%y), replica_groups={{0,1},{2,3}}
  %four = f32[8]{0} all-to-all(%y), replica_groups=mesh['a'=2,'b'=4], device_ids=([4,2]T(1,0)) {'a','b':(1)2}, dimensions={0}
  %three = f32[10]{0} collective-permute(%z), source_target_pairs={{0,1}}
}
"""  # noqa: E501


def test_a_loop_counts_as_often_as_it_runs():
    assert collectives.sent(PROGRAM) == {
        "all-reduce": 3 * 2 * 128 * 3 / 4,
        "all-gather": (8 + 4) / 2,
        "all-to-all": 32 * 3 / 4,
        "collective-permute": 40,
    }


def test_a_loop_of_unknown_length_is_refused():
    with pytest.raises(ValueError, match="how often does this run"):
        collectives.sent(PROGRAM.replace("known_trip_count", "another"))


def test_more_chips_share_the_work_and_add_to_the_talk():
    config = dataclasses.replace(small(), slots=256)
    one, many = (chips.work(config, 10**6, n, 1, 1) for n in (1, 256))
    assert one.sent == 0 and one.flops == 256 * many.flops
    assert many.gradients == pytest.approx(8e6, rel=0.01)  # twice 4 MB
    split, scattered = (
        chips.work(config, 10**6, 1, 1, 2),
        chips.work(config, 10**6, 1, 2, 1),
    )
    assert split.state == pytest.approx(scattered.state, rel=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("mesh", [(8, 1, 1), (4, 2, 1), (4, 1, 2)])
def test_the_formula_is_near_what_is_compiled(mesh):
    model = dataclasses.replace(small().model, width=128, seq_len=16, puzzle_width=128)
    config = dataclasses.replace(small(), model=model, slots=16)
    found = scaling.count(config, *mesh[1:])
    sent = sum(found["sent"].values())
    assert found["formula"]["sent"] == pytest.approx(sent, rel=0.05)
