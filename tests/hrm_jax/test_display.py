"""What a person sees while a run trains, in a terminal and in a file."""

import io

import pytest
import rich.console

from hrm_jax.display import Display

TRAIN = {"train/answer_loss": 0.51234, "train/exact_match": 0.125}
EVAL = {"eval/exact_match": 0.9, "eval/token_accuracy": 0.99}


class Clock:
    """A clock that the test sets."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def run(console, clock, start=0):
    """The first step compiles for an hour; each of the others takes two seconds."""
    with Display(start, start + 100, console=console, clock=clock) as display:
        clock.now += 3600
        for step in range(start + 1, start + 101):
            display.tick(step)
            if step % 50 == 11:
                display.show(step, TRAIN)
                display.show(step, EVAL)
            clock.now += 2
        display.show(start + 100, TRAIN)


@pytest.mark.parametrize("start", [0, 1000])
def test_plain_lines_and_the_time_left(start):
    file = io.StringIO()
    run(rich.console.Console(file=file, width=40), Clock(), start)
    first, second, last = (
        f"{start + step:,}/{start + 100:,}" for step in (11, 61, 100)
    )
    # After 11 of 100 steps 89 are left, of 2 seconds each.
    assert file.getvalue().splitlines() == [
        f"step {first}  loss 0.5123  solved 12.5%  0:02:58 left",
        f"step {first}  validation: solved 90.0%  cells right 99.0%",
        f"step {second}  loss 0.5123  solved 12.5%  0:01:18 left",
        f"step {second}  validation: solved 90.0%  cells right 99.0%",
        f"step {last}  loss 0.5123  solved 12.5%",
    ]


def test_the_time_left_counts_what_steps_cost():
    """Of ten steps, five of 1 second and five of 3, five are done, then seven."""
    file, clock = io.StringIO(), Clock()
    console = rich.console.Console(file=file)
    costs = [0, 1, 2, 3, 4, 5, 8, 11, 14, 17, 20]
    with Display(0, 10, costs=costs, console=console, clock=clock) as display:
        for step in range(1, 8):
            display.tick(step)
            if step in (5, 7):
                display.show(step, TRAIN)
            clock.now += costs[step + 1] - costs[step]
    left = [line.split("  ")[-1] for line in file.getvalue().splitlines()]
    assert left == ["0:00:15 left", "0:00:09 left"]


def test_the_first_step_promises_nothing():
    file = io.StringIO()
    with Display(
        0, 10, console=rich.console.Console(file=file), clock=Clock()
    ) as display:
        display.tick(1)
        display.show(1, TRAIN)
    assert file.getvalue() == "step 1/10  loss 0.5123  solved 12.5%\n"


def test_a_terminal_gets_one_live_line_and_the_evaluations():
    file = io.StringIO()
    console = rich.console.Console(
        file=file,
        force_terminal=True,
        width=80,
        color_system=None,
        legacy_windows=False,
    )
    run(console, Clock())
    text = file.getvalue()
    assert text.count("validation: solved 90.0%") == 2
    assert text.rstrip().splitlines()[-1].count("\r") <= 1
    *_, last = (line for line in text.split("\r") if "step" in line)
    assert "step 100/100" in last and "loss 0.5123" in last and "left" not in last
    assert max(map(len, text.split("\r")[-1].splitlines())) <= 80


def test_a_dumb_terminal_gets_plain_lines(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    file = io.StringIO()
    run(rich.console.Console(file=file, force_terminal=True, width=80), Clock())
    assert "\r" not in file.getvalue() and "\x1b" not in file.getvalue()
    assert len(file.getvalue().splitlines()) == 5
