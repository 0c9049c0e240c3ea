"""What evolution writes for searches to use."""

import json

import pytest

from commands import evolve
from configs import evolve as preset
from configs import search as searching
from hrm_jax.search import archive
from hrm_jax.search.archive import EvolutionConfig, Gene, Measured

_FIELDS = preset.get_config().to_dict()
_GENES = tuple(
    Gene(name, tuple(values), kind.endswith("numbers"))
    for kind in _FIELDS
    if kind not in ("members", "pressure")
    for name, values in _FIELDS[kind].items()
)
_MUTATED = {
    "exploration": 1.5,
    "temperatures": (0.4,),
    "distinct_temperature": 0.1,
    "batch": 8,
    "value_weight": 0.75,
    "debate": True,
}


@pytest.mark.parametrize(
    "rule, at_work",
    [
        ("distinct", {"distinct_temperature"}),
        ("flat", {"temperatures", "debate"}),
        ("ucb", {*_MUTATED} - {"distinct_temperature"}),
        ("puct", {*_MUTATED} - {"distinct_temperature", "debate"}),
    ],
)
def test_best_settings_change_nothing_that_was_not_measured(
    rule, at_work, tmp_path, capsys
):
    """Genes that do nothing under a rule mutate, too; baselines would use them."""
    usual = searching.get_config().to_dict() | {"rule": "ucb", "debate": False}
    mutated = usual | _MUTATED | {"rule": rule}
    begin = tuple(mutated[gene.name] for gene in _GENES)
    measured = Measured((True, False), 1, 1, 1)
    found = archive.evolve(
        EvolutionConfig(_GENES, 1, 2.0, 0), begin, lambda _: measured, tmp_path / "a"
    )
    evolve._report(found, _GENES, measured, measured, tmp_path)
    best = json.loads((tmp_path / "best.json").read_text())
    report = json.loads((tmp_path / "report.json").read_text())["best"]
    assert best == {name: report[name] for name in report if name != "debate"}
    for name, value in json.loads(json.dumps(_MUTATED)).items():
        was = json.loads(json.dumps(usual[name]))
        assert report[name] == (value if name in at_work else was), name
    told = capsys.readouterr().out
    assert ("With a debate" in told) == ("debate" in at_work)
