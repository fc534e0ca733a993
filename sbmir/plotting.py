"""What the plots of an evaluation and of a reader study have in common."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from sbmir.estimates import Estimate

DPI = 110
_BAR = "#6c8ebf"


def plot_bars(axes: Axes, names: Sequence[str], estimates: Sequence[Estimate]) -> None:
    """Draw a bar for each estimate, the first uppermost, with its interval."""
    places = range(len(names))
    reach = [
        [one.value - one.low for one in estimates],
        [one.high - one.value for one in estimates],
    ]
    axes.barh(places, [one.value for one in estimates], xerr=reach, capsize=4, color=_BAR)
    axes.set_yticks(places, names, fontsize=8, parse_math=False)
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
    axes.set_axisbelow(True)
