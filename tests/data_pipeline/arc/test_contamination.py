"""Answers that were trained on are found, also turned and under other names."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from data_pipeline.arc import contamination
from data_pipeline.arc.augmentations import DIHEDRALS, GROUP_SIZE, from_code
from data_pipeline.arc.contamination import canonical_form, leaks
from data_pipeline.arc.tasks import Pair
from data_pipeline.schema import UserError
from tests.data_pipeline.arc import made
from tests.data_pipeline.arc.made import grid, real_tasks, some_task

several_grids = st.lists(made.small_grids, min_size=1, max_size=2)


@settings(deadline=None)
@given(made.augmentations, several_grids)
def test_augmented_grids_have_the_same_name(augmentation, grids):
    augmented = [augmentation.apply(grid) for grid in grids]
    assert canonical_form(augmented) == canonical_form(grids)
    assert contamination._invariant(augmented) == contamination._invariant(grids)


@settings(deadline=None, max_examples=300)
@example([grid("00", "00")], [grid("0000")])
@given(several_grids, several_grids)
def test_only_augmented_grids_have(grids, others):
    """By trying all turns and all names of the colours 1 to 3."""
    if canonical_form(grids) != canonical_form(others):
        return
    per_name = GROUP_SIZE // DIHEDRALS // (9 * 8 * 7)
    codes = range(0, GROUP_SIZE, per_name)
    wanted = [grid.tolist() for grid in others]
    assert any(
        [from_code(code).apply(grid).tolist() for grid in grids] == wanted
        for code in codes
    )


def augmented(task, code, name):
    """A task in other colours, turned, under another id."""
    augmentation = from_code(code)
    demonstrations, tests = (
        tuple(Pair(*map(augmentation.apply, pair.grids)) for pair in pairs)
        for pairs in (task.demonstrations, task.tests)
    )
    return task._replace(id=name, demonstrations=demonstrations, tests=tests)


def test_an_answer_is_found_in_disguise_wherever_it_stands():
    exam = [some_task("exam", 0, tests=2), some_task("clean", 1)]
    disguised = augmented(exam[0], 1_234_567, "disguised")
    as_demonstration = some_task("other", 2)._replace(
        demonstrations=disguised.tests[1:], file="other.json"
    )
    for trained in (disguised, as_demonstration):
        (leak,) = leaks([some_task("harmless", 3), trained], exam)
        assert (leak.task.id, leak.trained.id) == ("exam", trained.id)
    with pytest.raises(
        UserError,
        match=r"1 of 2 evaluation tasks, exam \(as other of other.json\): leave",
    ):
        contamination.require_unseen([as_demonstration], exam)
    contamination.require_unseen([some_task("harmless", 3)], exam)


def test_demonstrations_and_other_answers_are_no_leak():
    exam = some_task("exam", 0)
    shown = some_task("shown", 1)._replace(demonstrations=exam.demonstrations)
    other = some_task("other", 2)._replace(
        tests=(exam.tests[0]._replace(output=exam.tests[0].input),)
    )
    assert not leaks([shown, other], [exam])
    assert not leaks([], [exam])


def test_an_unknown_answer_is_suspected_by_the_whole_task():
    exam = some_task("exam", 0)
    trained = augmented(exam, 2_345_678, "trained")
    unknown = exam._replace(tests=tuple(Pair(t.input, None) for t in exam.tests))
    assert [leak.trained.id for leak in leaks([trained], [unknown])] == ["trained"]
    same_input = some_task("other", 2)._replace(tests=trained.tests)
    assert not leaks([same_input], [unknown])


def test_what_is_known_of_the_real_files(shared_data):
    """376 evaluation tasks of ARC-1 are in ARC-2's training set. Of the 820 tasks of
    it that are here, 196 are. Two are, up to augmentation, in ARC-1's own."""
    real = real_tasks(shared_data)
    exam = real["arc1_evaluation"]
    found = leaks(real["arc2"], exam)
    same = {leak.task.id for leak in found if leak.task.id == leak.trained.id}
    assert len(same) == 196 == len({t.id for t in real["arc2"]} & {t.id for t in exam})
    assert [leak.task.id for leak in found if leak.task.id not in same] == ["50a16a69"]
    with pytest.raises(UserError, match="197 of 400 .*, 009d5c81 .* 187 more"):
        contamination.require_unseen(real["arc2"], exam)
    own = leaks(real["arc1"] + real["concept"] + real["concept_minimal"], exam)
    assert {leak.task.id: leak.trained.id for leak in own} == {
        "070dd51e": "40853293",
        "50a16a69": "caa06a1f",
    }
    for name in ("arc1", "arc2", "concept", "concept_minimal"):
        assert not leaks(real[name], real["arc2_evaluation"])
