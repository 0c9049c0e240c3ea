"""Several puzzles with the model's answers, failures among them."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from eval import panels, style
from eval.panels import Answer, Drawing
from eval.report import Report
from eval.statistics import interval_text

_COLUMNS = 4


def choose(solved: np.ndarray, count: int) -> np.ndarray:
    """Indices of up to `count` examples, the first solved ones and then failed ones.

    Half of them at most are failures, unless too few others are there.

    Args:
      solved: bool `[B]`.
    """
    right, wrong = np.flatnonzero(solved), np.flatnonzero(~solved)
    failures = min(len(wrong), max(count // 2, count - len(right)))
    return np.concatenate([right[: count - failures], wrong[:failures]])


def gallery(report: Report, drawing: Drawing, solved_by: str, count: int) -> Figure:
    """Draws the chosen boards, four to a line.

    Args:
      solved_by: the score that says which are solved.
    """
    solved = report.scores[solved_by]
    chosen = choose(solved, count)
    columns = min(_COLUMNS, len(chosen))
    lines = -(-len(chosen) // columns)
    margin, gap, top, legend = 0.3, 0.25, 0.85, 0.5
    side = drawing.side + 0.2
    line_height = panels.CAPTION + side + panels.BAR + 0.1
    width = max(2 * margin + columns * (side + gap) - gap, 7.0)
    figure = Figure((width, top + lines * line_height + legend))
    rate = report.rate(solved_by)
    style.headline(
        figure,
        f"{rate.successes:,} of {rate.trials:,} held-out puzzles solved",
        f"{rate.value:.1%} (95% interval {interval_text(rate.interval())}); "
        + _mix(solved[chosen]),
    )
    for place, index in enumerate(chosen):
        line, column = divmod(place, columns)
        answer = Answer(
            report.examples.inputs[index],
            report.examples.labels[index],
            report.prediction.answers[index],
            np.full(report.examples.inputs.shape[1], 0.6),
        )
        segments = int(report.prediction.segments[index])
        panels.draw_panel(
            figure,
            margin + column * (side + gap),
            top + line * line_height,
            side,
            drawing,
            answer,
            f"{segments} segment{'s' if segments != 1 else ''}",
            float(report.prediction.confidence[index]),
        )
    legend_top = top + lines * line_height + 0.08
    drawing.draw_legend(figure, margin, legend_top, shaded=False)
    return figure


def _mix(solved: np.ndarray) -> str:
    right, wrong = int(solved.sum()), int((~solved).sum())
    if not wrong:
        return f"here are {right} of them"
    if not right:
        return f"here are {wrong} that failed"
    return f"here are {right} of them and {wrong} that failed"
