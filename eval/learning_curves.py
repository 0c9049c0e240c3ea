"""How a run learned: its metrics over the steps."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import (
    FuncFormatter,
    LogLocator,
    MaxNLocator,
    NullLocator,
    PercentFormatter,
)

from eval import style
from eval.metrics_file import Series
from eval.statistics import Rate

_PANELS = (
    ("exact_match", "Puzzles solved"),
    ("token_accuracy", "Cells right"),
    ("answer_loss", "Loss per cell"),
    ("mean_segments", "Segments used"),
)
_SHARES = ("exact_match", "token_accuracy")


def learning_curves(series: Mapping[str, Series]) -> Figure:
    """A panel for each metric that the run wrote, training and validation together."""
    panels = [
        (metric, title)
        for metric, title in _PANELS
        if f"train/{metric}" in series or f"eval/{metric}" in series
    ]
    columns = min(len(panels), 2)
    lines = -(-len(panels) // 2)
    side, high = (4.6 if columns == 2 else 6.6), 3.1
    figure = Figure((0.3 + max(columns, 1) * (side + 0.3), 0.85 + lines * high))
    style.headline(figure, *_learning_title(series))
    last = max(int(s.steps[-1]) for s in series.values())
    for number, (metric, title) in enumerate(panels):
        line, column = divmod(number, columns)
        left = 0.85 + column * (side + 0.3)
        axes = style.place(figure, left, 1.3 + line * high, side - 0.75, high - 0.95)
        axes.set_title(title, loc="left")
        _draw_metric(axes, metric, series)
        axes.set_xlim(0, last * 1.02 or 1)
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda step, _: f"{step:,.0f}"))
        if line == lines - 1:
            axes.set_xlabel("optimiser step")
    return figure


def _learning_title(series: Mapping[str, Series]) -> tuple[str, str]:
    last = max(int(s.steps[-1]) for s in series.values())
    spent = f"{last:,} optimiser steps"
    if "seconds" in series:
        spent += f", {_duration(float(series['seconds'].values[-1]))}"
    if "eval/exact_match" in series:
        solved = series["eval/exact_match"].values
        best = f"best {solved.max():.1%}, " if solved.max() > solved[-1] else ""
        return f"{solved[-1]:.1%} of validation puzzles solved", f"{best}after {spent}"
    return "How the run learns", f"{spent} so far, not yet validated"


def _draw_metric(axes: Axes, metric: str, series: Mapping[str, Series]) -> None:
    train, validation = series.get(f"train/{metric}"), series.get(f"eval/{metric}")
    if train is not None:
        _draw_training(axes, train)
    if validation is not None:
        axes.plot(
            validation.steps,
            validation.values,
            color=style.BLUE,
            marker="o",
            markersize=5,
            label="validation",
            clip_on=False,
            zorder=4,
        )
        if metric == "exact_match" and "eval/examples" in series:
            _draw_interval(axes, validation, series["eval/examples"])
    if metric in _SHARES:
        axes.set_ylim(0, 1)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    elif train is not None and train.values.max() > 10 * train.values.min() > 0:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        axes.set_ylim(bottom=0)
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1.02, 1.0),
        ncols=2,
        borderpad=0.2,
        fontsize=9,
        labelcolor=style.MUTED,
    )


def _draw_training(axes: Axes, train: Series) -> None:
    """The series itself, faint, under its moving average."""
    steps, values = train
    width = max(len(values) // 20, 1)
    few = len(values) == 1
    if width > 1:
        axes.plot(steps, values, color=style.ORANGE, linewidth=1, alpha=0.35)
        padded = np.pad(values, (width // 2, (width - 1) // 2), mode="edge")
        values = np.convolve(padded, np.full(width, 1 / width), mode="valid")
    axes.plot(
        steps,
        values,
        color=style.ORANGE,
        linestyle=(0, (4, 1.5)),
        marker="s" if few else "",
        label="training",
    )


def _draw_interval(axes: Axes, share: Series, examples: Series) -> None:
    """A band of 95 % about rates over a known number of examples."""
    counts = dict(zip(examples.steps.tolist(), examples.values, strict=True))
    rows = [
        (step, *Rate(round(value * counts[step]), int(counts[step])).interval())
        for step, value in zip(share.steps.tolist(), share.values, strict=True)
        if step in counts
    ]
    if rows:
        style.draw_band(axes, *np.array(rows).T)


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
