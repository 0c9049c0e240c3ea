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
    configs = [plan.config for plan in planned.values()]
    assert next(iter(planned)) == BASE
    assert len(planned) + len(skipped) == len(study.variants(configs[0]))
    assert all(config != configs[0] for config in configs[1:])
    assert all(config.model.embedding_learns for config in configs)
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
    assert not skipped
    assert {"transformer", "looped", "causal", "edits"} < planned.keys()
    frozen = {
        name for name, plan in planned.items() if not plan.config.model.embedding_learns
    }
    assert frozen == {"one-step gradient"}
    base = planned[BASE].cost()
    assert planned["transformer"].cost() < base / 2
    # The window grows in a fifth of the steps, and is whole in the others.
    assert base < planned["whole window from the start"].cost() < 1.1 * base


@pytest.mark.slow  # it compiles a step for each window
def test_the_baselines_of_text_train_for_as_much_compute():
    costs = []
    for preset in ("tiny", "tiny_plain", "tiny_loop"):
        fields = study.parsed(f"configs/text.py:{preset}", {})
        loop = experiment.loop_config(fields)
        plan = study.Plan({}, study.typed(fields), loop)
        costs.append(plan.cost() * loop.steps)
    assert costs == pytest.approx([costs[0]] * 3, rel=0.005)
