"""No prompt is read that is there already."""

from hypothesis import given
from hypothesis import strategies as st

from hrm_jax.text.admission import plan

PROMPTS = st.sampled_from([(1,), (2,), (3,), (1, 2)])


@given(
    st.lists(st.none() | PROMPTS, min_size=1, max_size=6).flatmap(
        lambda held: st.tuples(
            st.just(held),
            st.dictionaries(st.integers(0, len(held) - 1), PROMPTS),
        )
    )
)
def test_all_slots_come_to_their_prompts_and_nothing_is_read_twice(case):
    held, wanted = case
    made = plan(held, wanted.items())
    # What the device does: each line at once, one after the other.
    now = list(held)
    for slot, prompt in [(one.slot, now[one.source]) for one in made.before]:
        now[slot] = prompt
    for slot in made.read:
        now[slot] = wanted[slot]
    for slot, prompt in [(one.slot, now[one.source]) for one in made.after]:
        now[slot] = prompt
    assert now == [wanted.get(slot, prompt) for slot, prompt in enumerate(held)]
    read = [wanted[slot] for slot in made.read]
    assert len(read) == len(set(read)) and not set(read) & set(held)
    placed = [one.slot for one in (*made.before, *made.after)] + made.read
    assert sorted(placed) == sorted(wanted)
