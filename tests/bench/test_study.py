"""The study: its variants, on every base that somebody may take."""

import pytest

from bench import study
from bench.variants import BASE, SMALL, SMALL_TEXT
from configs import maze_hard, sudoku_extreme
from hrm_jax import experiment

BASES = ["configs/default.py"]
for file in (sudoku_extreme, maze_hard):
    name = file.__name__.partition(".")[2]
    BASES += [f"configs/{name}.py:{preset}" for preset in file.PRESETS]


@pytest.mark.parametrize("base", BASES)
def test_every_base_has_variants_of_which_none_is_the_base(base):
    planned, skipped = study.plans(base, {})
    configs = [(plan.config, plan.loop) for plan in planned.values()]
    assert next(iter(planned)) == BASE
    config, loop = configs[0]
    assert len(planned) + len(skipped) == len(study.variants(config, loop.depths))
    assert all(varied != configs[0] for varied in configs[1:])
    assert all(varied.model.embedding_learns for varied, _ in configs)
    # What the hierarchy is worth can be asked of each.
    assert "flat, equal parameters" in planned


def test_a_variant_that_cannot_be_is_skipped_with_its_reason():
    planned, skipped = study.plans("configs/sudoku_extreme.py:hrm", {})
    assert "one-step gradient" not in planned
    told = "\n".join(skipped)
    assert "The base is that already: one-step gradient." in told
    assert "Not for this base: equivariant, half width (model.prefix_len is 1" in told


@pytest.mark.slow
def test_flat_costs_what_the_base_costs():
    planned, _ = study.plans("configs/default.py", SMALL)
    base = planned[BASE].cost()
    flat = planned["flat, equal compute"].cost()
    assert flat == pytest.approx(base, rel=0.05)


@pytest.mark.slow
def test_variants_of_a_text():
    # Half the layers, in each variant alike: half the time to count what they cost.
    small = SMALL_TEXT | {"model.h_layers": 1, "model.l_layers": 1}
    planned, skipped = study.plans("configs/text.py:tiny", small)
    assert skipped == [
        "The base is that already: whole window from the start.",
        "The base is that already: few cycles first.",
    ]
    assert {"transformer", "looped", "causal", "edits"} < planned.keys()
    frozen = {
        name for name, plan in planned.items() if not plan.config.model.embedding_learns
    }
    assert frozen == {"one-step gradient"}
    base = planned[BASE].cost()
    assert planned["transformer"].cost() < 0.7 * base
    # Half of the steps have a quarter of the calls, and not all others have all.
    assert 1.5 * base < planned["all cycles from the start"].cost() < 2 * base


@pytest.mark.slow  # it compiles a step for each window
def test_the_baselines_of_text_train_for_as_much_compute():
    costs = []
    for preset in ("tiny", "tiny_plain", "tiny_loop"):
        fields = study.parsed(f"configs/text.py:{preset}", {})
        loop = experiment.loop_config(fields)
        plan = study.Plan({}, study.typed(fields), loop)
        costs.append(plan.cost() * loop.steps)
    assert costs == pytest.approx([costs[0]] * 3, rel=0.005)
