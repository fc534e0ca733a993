"""Sketches for tests of files: nested, with a hole, and of random shapes."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from App.model.sketch import Sketch
from App.model.sketch_document import SketchDocument
from App.widget.contour_module.stroke import stroke_region
from sbmir.keys import SliceKey
from sbmir.labels import TissueClass

ED, ET, NET = TissueClass.ED, TissueClass.ET, TissueClass.NET
EXTENT_MM = (48.0, 60.0)
"""Of the template patient P1 of the tests."""
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def brush(*path_mm: tuple[float, float], radius_mm: float = 4.0):
    """What a brush covers on its way."""
    return stroke_region(np.array(path_mm, np.float64), radius_mm)


def nested_sketch() -> Sketch:
    """Oedema with a hole and a second contour, enhancing tumour in it, a core in that."""
    return (
        Sketch()
        .painted(ED, brush((20.0, 20.0), (32.0, 20.0), radius_mm=9.0))
        .painted(ED, brush((50.0, 40.0), radius_mm=4.0))
        .erased(ED, brush((33.0, 20.0), radius_mm=2.0))
        .painted(ET, brush((20.0, 20.0), radius_mm=5.0))
        .painted(NET, brush((20.0, 20.0), radius_mm=3.0))
    )


def document(sketch: Sketch | None = None, patient: str = "P1", index: int = 3) -> SketchDocument:
    drawn = nested_sketch() if sketch is None else sketch
    return SketchDocument(SliceKey("Tiny", patient, index), EXTENT_MM, drawn, NOON)
