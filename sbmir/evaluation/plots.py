"""The plots of an evaluation, drawn without a display."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import BinaryIO

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sbmir.estimates import Estimate
from sbmir.evaluation.run import Evaluation
from sbmir.evaluation.summary import Stratum, success_curve, summarise, summarise_strata
from sbmir.plotting import DPI, plot_bars

_FARTHEST_RANK = 20
_LINE_STYLES = ("-", "--", "-.", ":")


def plot_success(evaluation: Evaluation, stream: BinaryIO) -> None:
    """Draw the share of targets that are among the first k patients, for each way of ranking."""
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.add_subplot()
    up_to = min(_FARTHEST_RANK, evaluation.n_patients)
    ranks = range(1, up_to + 1)
    for place, method in enumerate(evaluation.methods):
        axes.plot(
            ranks,
            success_curve(method.outcomes, up_to),
            _LINE_STYLES[place % len(_LINE_STYLES)],
            label=_plain(method.title),
            linewidth=3 if place == 0 else 1.5,
        )
    _share_axis(axes, "targets among the first k patients")
    axes.set_xlabel("k")
    axes.set_xlim(1, max(up_to, 2))
    axes.legend(loc="lower right")
    figure.savefig(stream, format="png", dpi=DPI)


def plot_settings(evaluation: Evaluation, stream: BinaryIO) -> None:
    """Draw what each metric finds, by the weight between anatomy and lesion."""
    found: dict[str, list[tuple[float, dict[str, Estimate]]]] = {}
    for setting, outcomes in evaluation.settings:
        summary = summarise(outcomes, evaluation.plan.seed)
        found.setdefault(setting.metric.value, []).append((setting.weight, summary))
    shipped = evaluation.plan.settings[0]
    figure = Figure(figsize=(4.2 * len(found), 4), layout="constrained")
    for column, (metric, points) in enumerate(sorted(found.items()), 1):
        axes = figure.add_subplot(1, len(found), column)
        points.sort(key=lambda point: point[0])
        _plot_weights(axes, points)
        if metric == shipped.metric.value:
            axes.axvline(shipped.weight, color="grey", linestyle=":", label="shipped")
        axes.set_title(f"{metric} metric")
        axes.legend(loc="lower center")
    figure.savefig(stream, format="png", dpi=DPI)


def _plot_weights(axes: Axes, points: Sequence[tuple[float, Mapping[str, Estimate]]]) -> None:
    titles = {
        "success_at_1": "success@1",
        "success_at_5": "success@5",
        "reciprocal_rank": "reciprocal rank",
        "dice": "Dice of the first 5",
    }
    for name, title in titles.items():
        known = [(weight, summary[name].value) for weight, summary in points if name in summary]
        axes.plot([w for w, _ in known], [value for _, value in known], "o-", label=title)
    _share_axis(axes, "")
    axes.set_xlabel("weight: 0 anatomy only … 1 lesion only")


def plot_strata(evaluation: Evaluation, stream: BinaryIO) -> None:
    """Draw the mean reciprocal rank of each kind of lesion, with its interval."""
    kinds = summarise_strata(
        evaluation.methods[0].outcomes, evaluation.strata, evaluation.plan.seed
    )
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    for column, stratum in enumerate(Stratum, 1):
        axes = figure.add_subplot(1, len(Stratum), column)
        names = list(kinds[stratum])
        ranks = [kinds[stratum][name]["reciprocal_rank"] for name in names]
        labels = [f"{name} ({one.n})" for name, one in zip(names, ranks, strict=True)]
        plot_bars(axes, labels, ranks)
        axes.set_xlim(0, 1.03)
        axes.set_xlabel("mean reciprocal rank")
        axes.set_title(stratum.value)
    figure.savefig(stream, format="png", dpi=DPI)


def _share_axis(axes: Axes, label: str) -> None:
    axes.set_ylim(0, 1.03)
    axes.set_ylabel(label)
    axes.grid(alpha=0.3)


def _plain(text: str) -> str:
    """A name as it is: a dollar would begin a formula, an underscore hide it from the legend."""
    return text.replace("$", r"\$").lstrip("_")
