"""Finding every mistake of a study before the readers come."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from sbmir.catalogue import list_patients, read_catalogue
from sbmir.config.application import DatasetType
from sbmir.config.reader import examine_config
from sbmir.config.study import ImageQuestion, Question, StudySettings, TextQuestion
from sbmir.errors import ConfigError, SbmirError
from sbmir.keys import check_patient_name
from sbmir.patient_files import find_patients
from sbmir.slices import SEGMENTATION_PATTERN, load_slice

_STAGE = re.compile(r"^stages\[(\d+)\](?:\.questions\[(\d+)\])?(?:\.(?:image|text)\b)?\.?")


@dataclass(frozen=True)
class Placed:
    """A question and its place in the study, such as "stage 1, question 2"."""

    where: str
    question: ImageQuestion | TextQuestion


@dataclass
class Findings:
    """What is wrong with a study, and what may be meant as it is."""

    mistakes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


# --- The questions by themselves --------------------------------------------------------------


def questions_of(study: StudySettings) -> list[Placed]:
    """Every question with its place."""
    return [
        Placed(_place(stage_num, question_num), question)
        for stage_num, stage in enumerate(study.stages)
        for question_num, question in enumerate(stage.questions)
    ]


def examine_study(path: Path) -> tuple[list[Placed], list[str]]:
    """Read as many questions of a study's file as can be read, and what is wrong with the others.

    Raises
    ------
    NotFoundError, ConfigError
        Where the file is not there, or holds no settings at all.
    """
    examined = examine_config(path, StudySettings)
    if examined.value is not None:
        return questions_of(examined.value), _without_questions(examined.value)
    return list(_readable(examined.raw)), [_in_words(mistake) for mistake in examined.mistakes]


def mistakes_of_questions(
    placed: Iterable[Placed], template_patients: Collection[str]
) -> list[str]:
    """What is wrong with questions by themselves: empty, asked twice, not to be found."""
    mistakes = []
    first: dict[str, str] = {}
    for one in placed:
        question = one.question
        if isinstance(question, TextQuestion):
            asked = " ".join(question.statement.split()).casefold()
            if not asked:
                mistakes.append(f"{one.where}: the statement is empty")
                continue
        else:
            asked = f"{question.patient_id}:{question.slice_num}"
            if question.patient_id in template_patients:
                mistakes.append(
                    f"{one.where}: {question.patient_id} is a template patient, who is left out "
                    "of the results"
                )
        if asked in first:
            mistakes.append(f"{one.where}: the same was asked at {first[asked]}")
        first.setdefault(asked, one.where)
    return mistakes


def check_study(study: StudySettings, template_patients: Collection[str]) -> StudySettings:
    """Return a study that makes sense by itself.

    Raises
    ------
    ConfigError
        Listing what is wrong with its questions.
    """
    mistakes = [
        *_without_questions(study),
        *mistakes_of_questions(questions_of(study), template_patients),
    ]
    if mistakes:
        listing = "\n".join(f"  - {mistake}" for mistake in mistakes)
        raise ConfigError(
            f"The reader study cannot be started:\n{listing}",
            remedy="`sbmir study check` finds every mistake of a study.",
        )
    return study


def _place(stage: int, question: int | None = None) -> str:
    """In words, counted from 1; the numbers are those of the file, from 0."""
    return f"stage {stage + 1}" + ("" if question is None else f", question {question + 1}")


def _without_questions(study: StudySettings) -> list[str]:
    if not study.stages:
        return ["there is no stage"]
    empty = [number for number, stage in enumerate(study.stages) if not stage.questions]
    return [f"{_place(number)}: there is no question" for number in empty]


def _readable(raw: Any) -> Iterator[Placed]:
    """The questions that can be used, of a file in which something else is wrong."""
    adapter: TypeAdapter[ImageQuestion | TextQuestion] = TypeAdapter(Question)
    stages = raw.get("stages") if isinstance(raw, dict) else None
    for stage_num, stage in enumerate(stages if isinstance(stages, list) else ()):
        questions = stage.get("questions") if isinstance(stage, dict) else None
        for question_num, one in enumerate(questions if isinstance(questions, list) else ()):
            try:
                question = adapter.validate_python(one)
            except ValidationError:
                continue  # it is told already
            yield Placed(_place(stage_num, question_num), question)


def _in_words(mistake: str) -> str:
    """Name the place of a mistake as readers of the file would, not by its keys."""

    def place(match: re.Match[str]) -> str:
        question = None if match[2] is None else int(match[2])
        key = "" if match.end() < len(mistake) and mistake[match.end()] == ":" else ": "
        return _place(int(match[1]), question) + key

    return _STAGE.sub(place, mistake)


# --- The cases --------------------------------------------------------------------------------


def examine_cases(
    placed: Sequence[Placed], dataset: DatasetType, in_database: Collection[str] | None
) -> Findings:
    """Look for the patients and slices that are asked for, and for those that are drawn on.

    Parameters
    ----------
    in_database:
        Names of the patients that can be retrieved; None where that is not known.

    Raises
    ------
    NotFoundError
        Where the folder of slices is not there.
    """
    present = set(list_patients(dataset.slices_dir))
    with_volumes = _patients_with_volumes(dataset)
    findings = Findings()
    for name in dataset.template_patients:
        findings.mistakes += [f"template_patients: {text}" for text in _of_template(dataset, name)]
    for one in placed:
        if not isinstance(one.question, ImageQuestion):
            continue
        patient = one.question.patient_id
        if patient not in present:
            findings.mistakes.append(f"{one.where}: the patient {patient} has no slices")
            continue
        _examine_slice(one.where, one.question, dataset, findings)
        if in_database is not None and patient not in in_database:
            findings.mistakes.append(
                f"{one.where}: the patient {patient} is not in the reference database"
            )
        if patient not in with_volumes:
            findings.warnings.append(
                f"{one.where}: {patient} has no volumes, so that a double-click opens nothing"
            )
    return findings


def mistakes_of_results_dir(folder: Path) -> list[str]:
    """Whether results can be written to a folder, which need not be there yet."""
    nearest = next(one for one in (folder, *folder.parents) if one.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return []
    return [f"paths.save_result_path: {nearest} cannot be written"]


def _patients_with_volumes(dataset: DatasetType) -> set[str]:
    if not dataset.volumes_dir.is_dir():
        return set()
    found, _ = find_patients(dataset.volumes_dir)
    return {one.name for one in found}


def _of_template(dataset: DatasetType, name: str) -> Iterator[str]:
    try:
        catalogue = read_catalogue(dataset.slices_dir, check_patient_name(name))
    except SbmirError as error:
        yield f"{name} cannot be drawn on: {error.what}"
        return
    if not catalogue.normal_indices:
        yield f"{name} cannot be drawn on: every slice shows a lesion"


def _examine_slice(
    where: str, question: ImageQuestion, dataset: DatasetType, findings: Findings
) -> None:
    patient, index = question.patient_id, question.slice_num
    try:
        catalogue = read_catalogue(dataset.slices_dir, check_patient_name(patient))
    except SbmirError as error:
        findings.mistakes.append(f"{where}: the slices of {patient} cannot be used: {error.what}")
        return
    if not 0 <= index < catalogue.n_slices:
        findings.mistakes.append(
            f"{where}: {patient} has no slice {index}: its slices are 0 to {catalogue.n_slices - 1}"
        )
        return
    for pattern in (*(one.pattern for one in dataset.modalities), SEGMENTATION_PATTERN):
        try:
            load_slice(dataset.slices_dir, patient, pattern, index)
        except SbmirError as error:
            findings.mistakes.append(f"{where}: {error.what}")
    if not catalogue.slices[index].abnormal:
        findings.warnings.append(f"{where}: slice {index} of {patient} shows no lesion")
