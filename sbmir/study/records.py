"""What a reader study writes down of a session, of a question, and of each retrieved patient."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field
from pydantic.dataclasses import dataclass

from sbmir.config.study import MOST_YEARS
from sbmir.errors import DataError
from sbmir.json_file import STRICT_JSON

TIME_FORMAT = "%m-%d-%Y-%H-%M-%S"
"""Of the start of a session, in folder names and in ``created_at``; the reader's own time."""

NOT_RETRIEVED = -1
EVALUATED = 5
"""Retrieved patients that the reader sees and judges."""
LISTED = 10
"""Retrieved patients that are written down, those unseen too."""

PUBLISHED_TEXT_STAGE = 3
"""The published files do not tell a question in words from one that was not answered."""

_Tick = Annotated[bool, Field(strict=False)]  # other programs write 0 and 1
_Years = Annotated[int, Field(ge=1, le=MOST_YEARS)]
_Count = Annotated[int, Field(ge=0)]
_Seconds = Annotated[float, Field(ge=0)]


@dataclass(frozen=True, kw_only=True, config=STRICT_JSON)
class RetrievedRecord:
    """One retrieved patient, as the reader judged it: size, location, pattern of enhancement.

    ``retrieved_num`` counts from 0; ``true_ratio`` is the share of the three points that hold.
    """

    retrieved_num: _Count
    patient_id: str
    slice_num: _Count
    eval_point_1: _Tick
    eval_point_2: _Tick
    eval_point_3: _Tick = Field(validation_alias=AliasChoices("eval_point_3", "eval_point3"))
    true_ratio: Annotated[float, Field(ge=0, le=1)]
    is_same_patient: _Tick

    @property
    def ticks(self) -> tuple[bool, bool, bool]:
        """Size, location, pattern of contrast enhancement."""
        return self.eval_point_1, self.eval_point_2, self.eval_point_3


@dataclass(frozen=True, kw_only=True, config=STRICT_JSON)
class SliceName:
    """A slice of the data set; slices count from 0."""

    patient_id: str
    slice_num: _Count


@dataclass(frozen=True, kw_only=True, config=STRICT_JSON)
class Asked:
    """What was asked: a presented case, or a statement in words."""

    type: Literal["image", "text"]
    case: SliceName | None = None
    statement: str = ""


@dataclass(frozen=True, kw_only=True, config=STRICT_JSON)
class QuestionRecord:
    """An answered question: the published keys first, then what the published study lacked.

    Attributes
    ----------
    created_at:
        Start of the reader's session.
    matched_retrieved_num:
        Which retrieved patient, from 0, is the presented one; -1 where none is.
    seconds_to_first_stroke, seconds_to_search, seconds_to_submit:
        Since the question was shown, while the window was open; None where it did not happen or
        is not known.
    """

    created_at: str
    user_name: str
    y_experience: _Years
    stage_num: Annotated[int, Field(ge=1)]
    question_num: Annotated[int, Field(ge=1)]
    matched_retrieved_num: Annotated[int, Field(ge=NOT_RETRIEVED)]
    result_summary: tuple[RetrievedRecord, ...]
    seconds_to_first_stroke: _Seconds | None = None
    seconds_to_search: _Seconds | None = None
    seconds_to_submit: _Seconds | None = None
    n_searches: _Count | None = None
    n_strokes: _Count | None = None
    n_undos: _Count | None = None
    asked: Asked | None = None
    template: SliceName | None = None
    model_fingerprint: str = ""
    database_fingerprint: str = ""

    @property
    def is_image_question(self) -> bool:
        """Whether a case was presented, so that it can be found again."""
        if self.asked is not None:
            return self.asked.type == "image"
        return self.stage_num != PUBLISHED_TEXT_STAGE

    @property
    def rank(self) -> int | None:
        """Rank of the presented case, from 1; None where it was not retrieved."""
        found = self.matched_retrieved_num
        return None if found == NOT_RETRIEVED else found + 1

    @property
    def precision(self) -> float:
        """Mean share of points that hold, of the patients that the reader judged."""
        judged = [one.true_ratio for one in self.result_summary[:EVALUATED]]
        return sum(judged) / len(judged) if judged else 0.0

    def as_json(self) -> dict[str, Any]:
        """As it is written down."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True, config=STRICT_JSON)
class SessionRecord:
    """A reader at work: who, with what, since when.

    Attributes
    ----------
    created_at:
        In ``TIME_FORMAT``.
    study_fingerprint:
        Of the questions; see ``StudySettings``.
    """

    session_id: str
    created_at: str
    user_name: Annotated[str, Field(min_length=1)]
    y_experience: _Years
    dataset_type: str
    data_set: str
    model: str
    study_fingerprint: str
    n_questions: Annotated[int, Field(ge=1)]

    def as_json(self) -> dict[str, Any]:
        """As it is written down."""
        return asdict(self)


def judged(
    patients: Iterable[SliceName], ticks: Sequence[tuple[bool, bool, bool]], target: str | None
) -> tuple[RetrievedRecord, ...]:
    """Write down retrieved patients, nearest first; those beyond ``ticks`` were not judged."""
    records = []
    for number, one in enumerate(patients):
        size, location, pattern = ticks[number] if number < len(ticks) else (False, False, False)
        records.append(
            RetrievedRecord(
                retrieved_num=number,
                patient_id=one.patient_id,
                slice_num=one.slice_num,
                eval_point_1=size,
                eval_point_2=location,
                eval_point_3=pattern,
                true_ratio=(size + location + pattern) / 3,
                is_same_patient=one.patient_id == target,
            )
        )
    return tuple(records)


def matched(summary: Iterable[RetrievedRecord]) -> int:
    """Number of the retrieved patient who is the presented one; ``NOT_RETRIEVED`` if none is."""
    return next((one.retrieved_num for one in summary if one.is_same_patient), NOT_RETRIEVED)


def check_record(record: QuestionRecord) -> None:
    """See that the parts of a record do not contradict each other.

    Raises
    ------
    DataError
        Where they do.
    """
    summary = record.result_summary
    if [one.retrieved_num for one in summary] != list(range(len(summary))):
        cause = "the retrieved patients are not numbered 0, 1, 2, …"
    elif len({one.patient_id for one in summary}) != len(summary):
        cause = "a patient is listed twice"
    elif any(abs(one.true_ratio - sum(one.ticks) / 3) > 0.01 for one in summary):
        cause = "true_ratio is not the share of the points that hold"
    elif record.matched_retrieved_num != matched(summary):
        cause = "matched_retrieved_num is not the patient that is marked as the same"
    else:
        return
    raise DataError("The result contradicts itself.", why=f"In it, {cause}.")
