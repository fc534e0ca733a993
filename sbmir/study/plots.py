"""The plots of a reader study, drawn without a display."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from matplotlib.figure import Figure as Drawing

from sbmir.plotting import DPI, plot_bars
from sbmir.study.figures import MEASURES, SHARES, Group

COLUMNS = 3
LONGEST_NAME = 24
WIDTH_INCHES, TITLE_INCHES, BAR_INCHES = 11.0, 0.75, 0.24


def plot_groups(groups: Sequence[Group]) -> bytes:
    """Draw each measure of groups of one kind beside each other: a PNG.

    Parameters
    ----------
    groups:
        Such as the stages; at least one.
    """
    told = [name for name in MEASURES if any(name in group.figures for group in groups)]
    n_rows = -(-len(told) // COLUMNS)
    height = n_rows * (TITLE_INCHES + BAR_INCHES * len(groups))
    drawing = Drawing(figsize=(WIDTH_INCHES, height), layout="constrained")
    for place, measure in enumerate(told, 1):
        axes = drawing.add_subplot(n_rows, COLUMNS, place)
        known = [group for group in groups if measure in group.figures]
        plot_bars(
            axes,
            [_shortened(group.name) for group in known],
            [group.figures[measure].estimate for group in known],
        )
        axes.set_title(measure, fontsize=10)
        axes.tick_params(axis="x", labelsize=8)
        axes.set_xlim(left=0, right=1.03 if measure in SHARES else None)
    stream = BytesIO()
    drawing.savefig(stream, format="png", dpi=DPI)
    return stream.getvalue()


def _shortened(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
