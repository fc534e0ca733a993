"""Results without a database: ranked patients, pictures and reasons that are made up."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from App.model.result_pictures import SEGMENTATION_NAME, ResultPicture
from App.model.sketch import Sketch
from App.widget.contour_module.contour import Contour
from sbmir.filters import Filters
from sbmir.keys import SliceKey
from sbmir.labels import TissueClass
from sbmir.retrieval import RankedPatient
from sbmir.similarity import LesionComparison

MODALITIES = ("T1", "T1CE", "FLAIR")
TISSUES = {
    TissueClass.ED: "Peritumoral edema",
    TissueClass.ET: "Gd-enhancing tumor",
    TissueClass.NET: "Necrotic core",
}
COLORS = {TissueClass.ED: "#ffff00", TissueClass.ET: "#804000", TissueClass.NET: "#00ffff"}
EXTENT_MM = (100.0, 100.0)


def ranked(*patients: str, first: int = 1) -> tuple[RankedPatient, ...]:
    """Patients in this order, each by its slice 7."""
    return tuple(
        RankedPatient(rank, SliceKey("Tiny", patient, 7), 1.0 + rank / 10)
        for rank, patient in enumerate(patients, first)
    )


def square(left: float, top: float, edge: float) -> Contour:
    corners = [(left, top), (left + edge, top), (left + edge, top + edge), (left, top + edge)]
    return Contour(np.array(corners))


def sketch() -> Sketch:
    """Oedema from 20 to 80 mm."""
    return Sketch({TissueClass.ED: (square(20, 20, 60),)})


def outcome(results: tuple[RankedPatient, ...], **changes: Any) -> Any:
    """What the window reads of a search's outcome."""
    request = SimpleNamespace(
        is_example=False,
        template=SliceKey("Tiny", "P1", 5),
        sketch=sketch(),
        filters=Filters(),
        mirror=False,
    )
    request.__dict__.update(changes.pop("request", {}))
    return SimpleNamespace(
        **{
            "request": request,
            "results": results,
            "compared": sketch(),
            "extent_mm": EXTENT_MM,
            "n_patients": 30,
            "n_searched": 29,
            "is_far": False,
            "timings_ms": {"total": 12.0},
            **changes,
        }
    )


def pictures(level: int = 100, problem: str = "") -> tuple[ResultPicture, ...]:
    """Grey images and a label map whose upper half is oedema."""
    pixels = np.full((16, 16, 3), level, np.uint8)
    labels = np.zeros((16, 16), np.uint8)
    labels[:8] = TissueClass.ED
    images = [ResultPicture(name, pixels, 1.0) for name in MODALITIES]
    if problem:
        images[1] = ResultPicture(MODALITIES[1], None, 1.0, problem)
    return (*images, ResultPicture(SEGMENTATION_NAME, pixels, 1.0, labels=labels))


def reasons(dice: float = 0.62) -> LesionComparison:
    """Oedema overlaps, the core is drawn in neither."""
    return LesionComparison(
        dice={TissueClass.ED: dice, TissueClass.ET: 0.0, TissueClass.NET: None},
        lesion_dice=0.5,
        size_ratio=1.3,
        centroid_shift_mm=12.4,
    )
