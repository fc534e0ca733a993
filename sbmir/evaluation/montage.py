"""Pictures of the best and the worst cases: sketch, target, and what was found first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import BinaryIO

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from sbmir.evaluation.measures import Outcome
from sbmir.evaluation.reference import ReferenceSlices
from sbmir.keys import SliceKey
from sbmir.labels import PAINT_ORDER, TissueClass
from sbmir.slices import load_slice

CASES = 3
"""Best cases, and worst cases."""

_FOUND_SHOWN = 4
_DARKEST, _BRIGHTEST = 1.0, 99.5
"""Percentiles of the brain that the grey values reach from and to."""


def best_and_worst(outcomes: Sequence[Outcome]) -> tuple[list[Outcome], list[Outcome]]:
    """Return at most ``CASES`` of each, by rank and then by overlap; nobody is in both."""
    ordered = sorted(outcomes, key=lambda one: (one.ranks[0], -(one.measures["dice"] or 0)))
    count = min(CASES, (len(ordered) + 1) // 2)
    worst = ordered[count:][-CASES:]
    return ordered[:count], worst[::-1]


class Montage:
    """Draws rows of pictures with the outlines of lesions.

    Parameters
    ----------
    pattern:
        Of the images that are shown.
    colors:
        ``#rrggbb`` of each tissue's outline.
    """

    def __init__(
        self, reference: ReferenceSlices, pattern: str, colors: Mapping[TissueClass, str]
    ) -> None:
        self._reference = reference
        self._pattern = pattern
        self._colors = colors

    def draw(self, outcomes: Sequence[Outcome], stream: BinaryIO) -> None:
        """Draw a row for each outcome, as a PNG."""
        columns = 2 + _FOUND_SHOWN
        figure = Figure(figsize=(2 * columns, 2.3 * len(outcomes)), layout="constrained")
        grid = figure.subplots(len(outcomes), columns, squeeze=False)
        for row, outcome in zip(grid, outcomes, strict=True):
            query = outcome.query
            title = f"sketch on {_named(query.template)}"
            self._picture(row[0], query.template, query.sketch, title)
            labels = self._reference.labels(query.target)
            title = f"looked for {_named(query.target)}\nrank {outcome.ranks[0]}"
            self._picture(row[1], query.target, labels, title)
            for place, axes in enumerate(row[2:]):
                axes.set_axis_off()
                if place < len(outcome.first):
                    self._found(axes, outcome, place)
        figure.savefig(stream, format="png", dpi=100)

    def _found(self, axes: Axes, outcome: Outcome, place: int) -> None:
        key = outcome.first[place]
        is_target = key.patient == outcome.query.target.patient
        title = f"{place + 1}: {_named(key)}"
        self._picture(axes, key, self._reference.labels(key), title, is_target=is_target)

    def _picture(
        self,
        axes: Axes,
        key: SliceKey,
        labels: NDArray[np.uint8],
        title: str,
        *,
        is_target: bool = False,
    ) -> None:
        image = load_slice(self._reference.slices_dir, key.patient, self._pattern, key.index)
        low, high = _window(image)
        axes.imshow(image, cmap="gray", vmin=low, vmax=high, interpolation="bilinear")
        for tissue in PAINT_ORDER:
            mask = labels == tissue
            if mask.any():
                axes.contour(mask, [0.5], colors=[self._colors[tissue]], linewidths=1.2)
        axes.set_axis_off()
        axes.set_title(
            title,
            fontsize=7,
            color="green" if is_target else "black",
            fontweight="bold" if is_target else "normal",
            parse_math=False,
        )


def _window(image: NDArray[np.float32]) -> tuple[float, float]:
    """Return the values shown as black and white: those of the brain, not of its background."""
    brain = image[image > image.min()]
    if not brain.size:
        return float(image.min()), float(image.min()) + 1
    low, high = np.percentile(brain, (_DARKEST, _BRIGHTEST))
    return float(low), float(max(high, low + 1e-6))


def _named(key: SliceKey) -> str:
    name = key.patient if len(key.patient) <= 22 else f"{key.patient[:10]}…{key.patient[-11:]}"
    return f"{name}:{key.index}"
