"""Making an answer of what was found and judged; meant to run in the background."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from App.model.choice import Choice
from App.model.painting import slice_image
from App.model.reference import Reference, SearchOutcome
from App.model.result_pictures import SEGMENTATION_NAME, ResultPicture, load_result_view
from App.model.study.progress import Effort, Ticks
from App.model.study.questions import StudyQuestion
from sbmir.errors import DataError
from sbmir.keys import SliceKey
from sbmir.study.files import Answer
from sbmir.study.pictures import SKETCH_COLORS
from sbmir.study.records import QuestionRecord, SessionRecord, SliceName, judged, matched

if TYPE_CHECKING:  # it loads pymongo, which waits for the background
    from sbmir.retrieval import RankedPatient

TARGET_HEIGHT = 200


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What the reader submits.

    Attributes
    ----------
    results:
        The retrieved patients, nearest first.
    ticks:
        Of those that were judged, the first ones.
    """

    question: StudyQuestion
    results: Sequence[RankedPatient]
    ticks: Sequence[Ticks]
    effort: Effort
    seconds_to_submit: float


def make_answer(
    judgement: Judgement, session: SessionRecord, reference: Reference, outcome: SearchOutcome
) -> Answer:
    """Write down a judgement, with template and sketch as the model saw them.

    Raises
    ------
    NotFoundError, DataError
        Where the template's slice is not there, or damaged.
    """
    question, effort = judgement.question, judgement.effort
    patients = (
        SliceName(patient_id=r.key.patient, slice_num=r.key.index) for r in judgement.results
    )
    summary = judged(patients, judgement.ticks, question.target)
    template = outcome.request.template
    labels = outcome.labels
    if labels is None:
        raise DataError("What was searched for is no sketch.", remedy="Search with a sketch.")
    record = QuestionRecord(
        created_at=session.created_at,
        user_name=session.user_name,
        y_experience=session.y_experience,
        stage_num=question.stage_num,
        question_num=question.question_num,
        matched_retrieved_num=matched(summary),
        result_summary=summary,
        seconds_to_first_stroke=effort.seconds_to_first_stroke,
        seconds_to_search=effort.seconds_to_search,
        seconds_to_submit=judgement.seconds_to_submit,
        n_searches=effort.n_searches,
        n_strokes=effort.n_strokes,
        n_undos=effort.n_undos,
        asked=question.asked,
        template=SliceName(patient_id=template.patient, slice_num=template.index),
        model_fingerprint=reference.model_fingerprint,
        database_fingerprint=reference.codes_fingerprint(),
    )
    target = question.target_key(session.data_set)
    picture = None if target is None else target_picture(reference.choice, target, question)
    return Answer(record, reference.template_of(outcome), labels, picture)


def target_pictures(
    choice: Choice, key: SliceKey, question: StudyQuestion
) -> tuple[ResultPicture, ...]:
    """The pictures of the presented case: its images, and its label map where it is shown."""
    dataset = choice.dataset
    pictures = load_result_view(dataset.slices_dir, key, dataset.modalities).pictures
    return tuple(
        picture
        for picture in pictures
        if picture.name != SEGMENTATION_NAME or question.shows_label_map
    )


def target_picture(choice: Choice, key: SliceKey, question: StudyQuestion) -> NDArray[np.uint8]:
    """All of them side by side, (rows, columns, 3) uint8, as the report shows them."""
    images = [
        np.asarray(
            slice_image(picture.coloured(SKETCH_COLORS), picture.aspect, TARGET_HEIGHT).convert(
                "RGB"
            )
        )
        for picture in target_pictures(choice, key, question)
    ]
    return np.concatenate(images, axis=1)
