"""Finding every mistake of a study before the readers come."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from sbmir.catalogue import PatientCatalogue, list_patients, read_catalogue
from sbmir.config.study import ImageQuestion, StageSettings, StudySettings, TextQuestion
from sbmir.errors import ConfigError, SbmirError
from sbmir.keys import check_patient_name


def questions_of(
    study: StudySettings,
) -> Iterator[tuple[str, StageSettings, ImageQuestion | TextQuestion]]:
    """Every question with its stage and how it is called, such as "stage 1, question 2"."""
    for stage_num, stage in enumerate(study.stages, 1):
        for question_num, question in enumerate(stage.questions, 1):
            yield f"stage {stage_num}, question {question_num}", stage, question


def mistakes_of_study(study: StudySettings, template_patients: Collection[str]) -> list[str]:
    """What is wrong with the questions by themselves: empty, asked twice, not to be found."""
    mistakes = []
    first: dict[str, str] = {}
    for where, _, question in questions_of(study):
        if isinstance(question, TextQuestion):
            asked = " ".join(question.statement.split()).casefold()
            if not asked:
                mistakes.append(f"{where}: the statement is empty")
                continue
        else:
            asked = f"{question.patient_id}:{question.slice_num}"
            if question.patient_id in template_patients:
                mistakes.append(
                    f"{where}: {question.patient_id} is a template patient, who is left out of "
                    "the results"
                )
        if asked in first:
            mistakes.append(f"{where}: the same was asked at {first[asked]}")
        first.setdefault(asked, where)
    return mistakes


def mistakes_of_cases(
    study: StudySettings,
    slices_dir: Path,
    template_patients: Collection[str],
    in_database: Collection[str] | None,
) -> list[str]:
    """What is wrong with the cases: patients or slices that are not there, or without lesion.

    Parameters
    ----------
    in_database:
        Names of the patients that can be retrieved; None where that is not known.

    Raises
    ------
    NotFoundError
        Where the folder of slices is not there.
    """
    present = set(list_patients(slices_dir))
    mistakes = [
        f"template_patients: {name} has no slices"
        for name in template_patients
        if name not in present
    ]
    for where, _, question in questions_of(study):
        if not isinstance(question, ImageQuestion):
            continue
        patient = question.patient_id
        if patient not in present:
            mistakes.append(f"{where}: the patient {patient} has no slices")
            continue
        mistakes += [f"{where}: {text}" for text in _of_slice(slices_dir, question)]
        if in_database is not None and patient not in in_database:
            mistakes.append(f"{where}: the patient {patient} is not in the reference database")
    return mistakes


def check_study(study: StudySettings, template_patients: Collection[str]) -> StudySettings:
    """Return a study that makes sense by itself.

    Raises
    ------
    ConfigError
        Listing what is wrong with its questions.
    """
    mistakes = mistakes_of_study(study, template_patients)
    if mistakes:
        listing = "\n".join(f"  - {mistake}" for mistake in mistakes)
        raise ConfigError(
            f"The reader study cannot be started:\n{listing}",
            remedy="`sbmir study check` finds every mistake of a study.",
        )
    return study


def _of_slice(slices_dir: Path, question: ImageQuestion) -> Iterator[str]:
    try:
        catalogue: PatientCatalogue = read_catalogue(
            slices_dir, check_patient_name(question.patient_id)
        )
    except SbmirError as error:
        yield f"the slices of {question.patient_id} cannot be used: {error.what}"
        return
    if not 0 <= question.slice_num < catalogue.n_slices:
        yield (
            f"{question.patient_id} has no slice {question.slice_num}: "
            f"its slices are 0 to {catalogue.n_slices - 1}"
        )
    elif not catalogue.slices[question.slice_num].abnormal:
        yield f"slice {question.slice_num} of {question.patient_id} shows no lesion"
