"""What has been drawn: regions of each tissue in millimetres of the slice picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from App.model.viewport import Point
from App.widget.contour_module.boolean import difference, union
from App.widget.contour_module.contour import Contour
from App.widget.contour_module.measure import Place, contains
from App.widget.contour_module.rasterise import mask
from App.widget.contour_module.trace import trace
from sbmir.labels import PAINT_ORDER, TissueClass

Region = tuple[Contour, ...]
"""Contours, with holes, whose interiors are disjoint."""


@dataclass(frozen=True, eq=False)
class Sketch:
    """Drawn regions, one per tissue class; never changed, only replaced.

    The regions of different tissues may overlap, as a core lies in its oedema: which of them
    counts is decided where they are painted into a label map. Tissues without a region are left
    out of ``regions``.
    """

    regions: Mapping[TissueClass, Region] = field(default_factory=dict)

    def __post_init__(self) -> None:
        drawn = {tissue: tuple(region) for tissue, region in self.regions.items() if region}
        object.__setattr__(self, "regions", MappingProxyType(drawn))

    @classmethod
    def from_label_map(cls, labels: NDArray[np.uint8], extent_mm: tuple[float, float]) -> Sketch:
        """Trace a map of class ids, so that ``label_map`` gives the same map back.

        A region takes in the lesion that it encloses: a core stays in its oedema as it would be
        drawn, and moving the edge of one leaves no gap to the other.

        Parameters
        ----------
        labels:
            (rows, columns) uint8 ids of ``TissueClass``.
        extent_mm:
            Height and width that the map covers.
        """
        regions: dict[TissueClass, Region] = {}
        for place, tissue in enumerate(PAINT_ORDER):
            own = labels == tissue
            around = [Contour(contour.outer) for contour in trace(own, extent_mm)]
            painted_over = np.isin(labels, PAINT_ORDER[place + 1 :])
            enclosed = mask(around, own.shape, extent_mm) & painted_over
            regions[tissue] = trace(own | enclosed, extent_mm)
        return cls(regions)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is drawn, which as a query asks for healthy slices."""
        return not self.regions

    def region(self, tissue: TissueClass) -> Region:
        """The contours of a tissue; empty where it is not drawn."""
        return self.regions.get(tissue, ())

    def covers(self, tissue: TissueClass, point_mm: Point) -> bool:
        """Whether the point lies in the tissue's region or on its edge."""
        return any(
            contains(contour, point_mm) is not Place.OUTSIDE for contour in self.region(tissue)
        )

    def painted(self, tissue: TissueClass, stroke: Sequence[Contour]) -> Sketch:
        """Return the sketch with the stroke added to the tissue's region."""
        near, far = _split(self.region(tissue), stroke)
        return self._with(tissue, (*far, *union((*near, *stroke))))

    def erased(self, tissue: TissueClass, stroke: Sequence[Contour]) -> Sketch:
        """Return the sketch with the stroke taken away from the tissue's region."""
        near, far = _split(self.region(tissue), stroke)
        if not near:
            return self
        return self._with(tissue, (*far, *difference(near, stroke)))

    def without(self, tissue: TissueClass) -> Sketch:
        """Return the sketch with nothing drawn of the tissue."""
        return self._with(tissue, ())

    def is_same(self, other: Sketch) -> bool:
        """Whether both have the same contours, in whatever order."""
        return self.regions.keys() == other.regions.keys() and all(
            set(region) == set(other.region(tissue)) for tissue, region in self.regions.items()
        )

    def label_map(
        self, shape_rc: tuple[int, int], extent_mm: tuple[float, float]
    ) -> NDArray[np.uint8]:
        """Paint the sketch, in ``PAINT_ORDER``, into a map of class ids.

        Parameters
        ----------
        shape_rc:
            Rows and columns of the map: the size of the slices that the networks take.
        extent_mm:
            Height and width of the slice picture.

        Returns
        -------
        (rows, columns) uint8: the ids of ``TissueClass``.
        """
        labels = np.zeros(shape_rc, np.uint8)
        for tissue in PAINT_ORDER:
            if region := self.region(tissue):
                labels[mask(region, shape_rc, extent_mm)] = tissue
        return labels

    def _with(self, tissue: TissueClass, region: Region) -> Sketch:
        return Sketch({**self.regions, tissue: region})


def within(stroke: Sequence[Contour], extent_mm: tuple[float, float]) -> Region:
    """Cut off what lies outside the slice picture of that height and width."""
    if not stroke:
        return ()
    height, width = extent_mm
    left, top, right, bottom = bounds_mm(stroke)
    if left >= 0 and top >= 0 and right <= width and bottom <= height:
        return tuple(stroke)
    beyond_mm = 1.0 + max(0.0, -left, -top, right - width, bottom - height)
    picture = _rectangle(0.0, 0.0, width, height)
    around = _rectangle(-beyond_mm, -beyond_mm, width + beyond_mm, height + beyond_mm)
    return difference(stroke, difference([around], [picture]))


def bounds_mm(contours: Sequence[Contour]) -> tuple[float, float, float, float]:
    """The lowest x and y of one or more contours, and the highest."""
    lefts, tops, rights, bottoms = zip(*(contour.bounds_mm for contour in contours), strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _rectangle(left: float, top: float, right: float, bottom: float) -> Contour:
    return Contour(np.array([[left, top], [right, top], [right, bottom], [left, bottom]]))


def _split(region: Region, stroke: Sequence[Contour]) -> tuple[Region, Region]:
    """Part a region into the contours that the stroke may meet, and the others.

    Those stay the very same objects, which is how a view knows what need not be drawn again.
    """
    if not stroke:
        return (), region
    left, top, right, bottom = bounds_mm(stroke)
    near: list[Contour] = []
    far: list[Contour] = []
    for contour in region:
        own_left, own_top, own_right, own_bottom = contour.bounds_mm
        apart = own_left > right or own_right < left or own_top > bottom or own_bottom < top
        (far if apart else near).append(contour)
    return tuple(near), tuple(far)
