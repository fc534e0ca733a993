"""How large a drawn lesion is and where: area, longest diameter and side of each structure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from App.model.picture import Letters
from App.model.sketch import Region, Sketch
from App.widget.contour_module.boolean import union
from App.widget.contour_module.measure import (
    Diameter,
    area_left_of_mm2,
    area_mm2,
    longest_diameter,
)
from sbmir.catalogue import Side, side_of


@dataclass(frozen=True)
class RegionMeasures:
    """What is measured of a region.

    Attributes
    ----------
    area_mm2:
        As drawn: what another structure hides is counted too.
    diameter:
        The longest of any of its contours.
    side:
        The patient's; None where the slice does not show left and right.
    """

    area_mm2: float
    diameter: Diameter
    side: Side | None


def measure_region(
    region: Region, extent_mm: tuple[float, float], letters: Letters
) -> RegionMeasures | None:
    """Measure contours that do not overlap; None where there are none.

    Parameters
    ----------
    extent_mm:
        Height and width of the slice picture, whose middle parts left from right as it does for
        the patients of the database.
    letters:
        The patient's sides at the edges of the picture.
    """
    diameter = longest_diameter(region)
    if diameter is None:
        return None
    area = area_mm2(region)
    first = area_left_of_mm2(region, extent_mm[1] / 2)
    return RegionMeasures(area, diameter, _side(first, area - first, letters))


def measure_whole(
    sketch: Sketch,
    structures: Iterable[RegionMeasures],
    extent_mm: tuple[float, float],
    letters: Letters,
) -> RegionMeasures | None:
    """Measure all structures together, where they overlap once; see ``measure_region``.

    Parameters
    ----------
    structures:
        What was measured of each. A union is simplified, and would else seem to be smaller, by
        less than a thousandth, than what lies in it.
    """
    contours = [contour for region in sketch.regions.values() for contour in region]
    whole = measure_region(union(contours), extent_mm, letters)
    if whole is None:
        return None
    parts = (whole, *structures)
    return replace(
        whole,
        area_mm2=max(part.area_mm2 for part in parts),
        diameter=max((part.diameter for part in parts), key=lambda found: found.length_mm),
    )


def _side(first: float, last: float, letters: Letters) -> Side | None:
    if {letters.left, letters.right} != {"L", "R"}:
        return None
    left, right = (first, last) if letters.left == "L" else (last, first)
    return side_of(left, right, first + last)
