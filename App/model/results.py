"""A found patient: how it is called, and how its lesion compares with what was looked for."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from sbmir.errors import SbmirError
from sbmir.similarity import LesionComparison, compare_lesions

if TYPE_CHECKING:
    from App.model.reference import SearchOutcome
    from App.model.result_pictures import ResultView
    from sbmir.retrieval import RankedPatient

logger = logging.getLogger(__name__)

FAR = (
    "The nearest patient is farther from your {query} than patients of this database usually are "
    "from each other."
)


def result_title(result: RankedPatient) -> str:
    """How a result is named, in the window and outside of it."""
    return f"[No.{result.rank}] PatientID = {result.key.patient}, Slice = {result.key.index}"


def compare(outcome: SearchOutcome, view: ResultView) -> LesionComparison | None:
    """Compare what was looked for with a result; None where one of them cannot be read."""
    looked_for = outcome.compared_labels
    if looked_for is None or outcome.lesion is None or view.lesion is None:
        return None
    try:
        return compare_lesions(
            looked_for, view.lesion.labels, outcome.lesion.pixel_mm, view.lesion.pixel_mm
        )
    except SbmirError as error:
        logger.warning("%s", error)
        return None
