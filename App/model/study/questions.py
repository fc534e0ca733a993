"""The sequence of questions."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sbmir.config.application import DatasetType
from sbmir.config.study import ImageQuestion, StudySettings, TextQuestion, read_study
from sbmir.errors import ConfigError, NotFoundError
from sbmir.keys import SliceKey
from sbmir.study.checks import check_study
from sbmir.study.records import Asked, SliceName


@dataclass(frozen=True)
class StudyQuestion:
    """A question and its place in the study; numbers count from 1.

    Attributes
    ----------
    n_in_stage:
        How many questions its stage has.
    message:
        What the reader is asked to do.
    shows_label_map:
        Whether the label map of the presented case is shown.
    """

    stage_num: int
    question_num: int
    n_in_stage: int
    message: str
    shows_label_map: bool
    question: ImageQuestion | TextQuestion

    @property
    def numbers(self) -> tuple[int, int]:
        """Stage and question."""
        return self.stage_num, self.question_num

    @property
    def title(self) -> str:
        """Where the reader is."""
        return f"Stage {self.stage_num} ({self.question_num}/{self.n_in_stage})"

    @property
    def statement(self) -> str:
        """The case in words; empty where it is presented."""
        return "" if isinstance(self.question, ImageQuestion) else self.question.statement.strip()

    @property
    def target(self) -> str | None:
        """The patient who is presented; None for a statement."""
        return self.question.patient_id if isinstance(self.question, ImageQuestion) else None

    def target_key(self, data_set: str) -> SliceKey | None:
        """The slice that is presented; None for a statement."""
        if not isinstance(self.question, ImageQuestion):
            return None
        return SliceKey(data_set, self.question.patient_id, self.question.slice_num)

    @property
    def asked(self) -> Asked:
        """As it is written down."""
        if isinstance(self.question, TextQuestion):
            return Asked(type="text", statement=self.statement)
        case = SliceName(patient_id=self.question.patient_id, slice_num=self.question.slice_num)
        return Asked(type="image", case=case)


def open_study(dataset: DatasetType) -> StudySettings:
    """Read the questions of a dataset type, and see that they make sense.

    Raises
    ------
    ConfigError
        Where there are none, or listing what is wrong with them.
    NotFoundError
        Where their file is not there.
    """
    if dataset.study is None:
        raise ConfigError(f"The settings name no reader study for {dataset.name}.")
    try:
        study = read_study(dataset.study)
    except NotFoundError as error:
        raise NotFoundError(
            f"The questions of the reader study are not there: {dataset.study}",
            remedy=dataset.obtain or "Place them there, or name their file in the settings.",
        ) from error
    return check_study(study, dataset.template_patients)


def questions_in_order(study: StudySettings) -> tuple[StudyQuestion, ...]:
    """All questions, as they are asked."""
    return tuple(
        StudyQuestion(
            stage_num,
            question_num,
            len(stage.questions),
            stage.message,
            stage.show_label_map,
            question,
        )
        for stage_num, stage in enumerate(study.stages, 1)
        for question_num, question in enumerate(stage.questions, 1)
    )


def next_question(
    study: StudySettings, answered: Collection[tuple[int, int]]
) -> StudyQuestion | None:
    """The first question that is not answered; None where all are."""
    asked = questions_in_order(study)
    return next((one for one in asked if one.numbers not in answered), None)


def retrieval_message(rank: int | None, n_listed: int) -> str:
    """Tell whether the presented case was found, and at which rank, from 1."""
    if rank is None:
        return f"The presented case was not retrieved in top-{n_listed}."
    return f"The retrieved case #{rank} is the same with the presented case."
