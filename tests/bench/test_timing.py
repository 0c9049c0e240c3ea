"""Timing in turn, with contenders that sleep."""

import time

from bench import timing
from bench.timing import Run

LONG = timing._SHORTEST * 1.1


def test_contenders_take_turns_and_each_is_warmed_up_once():
    order = []

    def sleeper(name, seconds, work=1):
        def start():
            order.append(name)
            time.sleep(seconds)

        return lambda: Run(start, wait=lambda done: None, work=work)

    makers = {"slow": sleeper("slow", 3 * LONG), "quick": sleeper("quick", LONG)}
    makers["double"] = sleeper("double", LONG, work=2)
    found = timing.in_turn(makers, 2, "test")
    # Once to compile and once to see how long it takes, then the rounds.
    begun = ["slow", "slow", "quick", "quick", "double", "double"]
    assert order == begun + 2 * ["slow", "quick", "double"]
    assert len(found["slow"].seconds) == 2
    assert found["slow"].median > 2 * found["quick"].median > 0
    assert found["double"].median < found["quick"].median
    assert found["slow"].spread >= 0


def test_what_is_short_is_done_several_times_and_waited_for_once():
    counts = {"start": 0, "wait": 0}

    def count(name):
        counts[name] += 1
        time.sleep(timing._SHORTEST / 4 if name == "start" else 0)

    run = Run(lambda: count("start"), lambda done: count("wait"))
    timing.in_turn({"short": lambda: run}, 1, "test")
    assert counts["wait"] == 3
    assert counts["start"] > 3


def test_a_contender_that_cannot_is_left_out_with_its_reason():
    def unsupported():
        raise NotImplementedError("no such shape\nand more")

    found = timing.in_turn(
        {"cannot": unsupported, "can": lambda: Run(lambda: None)}, 1, "test"
    )
    assert found["cannot"].seconds == ()
    assert found["cannot"].failure == "NotImplementedError: no such shape"
    assert found["can"].seconds and not found["can"].failure
