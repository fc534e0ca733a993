"""A study made of any patients with label maps, as the demo needs one: four stages of two."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import yaml

from sbmir.catalogue import PatientCatalogue, list_patients, read_catalogue
from sbmir.config.study import ImageQuestion, StageSettings, StudySettings, TextQuestion
from sbmir.errors import DataError
from sbmir.files import write_text
from sbmir.study.description import describe_lesion

QUESTIONS_A_STAGE = 2
N_IMAGES, N_TEXTS = 3 * QUESTIONS_A_STAGE, QUESTIONS_A_STAGE

FIND = "Find the presented case."
FIND_TRACED = "Find the presented case. Its label map may be traced."
FIND_DESCRIBED = "Find cases that the statement describes."


def generate_study(slices_dir: Path, template_patients: Collection[str]) -> StudySettings:
    """Make a study of four stages of two questions; that of the same patients is the same.

    Its cases are the representative slices of patients, and further slices of theirs where there
    are fewer patients than questions. Its statements are worded from measured lesions.

    Raises
    ------
    NotFoundError, DataError
        Where slices cannot be read, or show fewer lesions than a study needs.
    """
    names = [name for name in list_patients(slices_dir) if name not in template_patients]
    catalogues = [read_catalogue(slices_dir, name) for name in names]
    cases = _cases([one for one in catalogues if one.representative is not None])
    if len(cases) < N_IMAGES:
        raise DataError(
            f"The patients of {slices_dir} show too few lesions for a study.",
            remedy=f"At least {N_IMAGES} slices with a lesion are needed.",
        )
    texts = _statements(slices_dir, [one for one in catalogues if one.representative is not None])
    images = [
        ImageQuestion(type="image", patient_id=name, slice_num=index)
        for name, index in cases[:N_IMAGES]
    ]
    pairs = [tuple(images[at : at + QUESTIONS_A_STAGE]) for at in range(0, N_IMAGES, 2)]
    return StudySettings(
        stages=(
            StageSettings(message=FIND_TRACED, show_label_map=True, questions=pairs[0]),
            StageSettings(message=FIND, questions=pairs[1]),
            StageSettings(message=FIND_DESCRIBED, questions=tuple(texts)),
            StageSettings(message=FIND, questions=pairs[2]),
        )
    )


def write_study(path: Path, study: StudySettings, note: str) -> None:
    """Write a study as the file that `read_study` reads, with a remark above it.

    Raises
    ------
    OSError
        Where it cannot be written.
    """
    content = yaml.safe_dump(_plain(asdict(study)), sort_keys=False, allow_unicode=True, width=95)
    write_text(path, f"# {note}\n{content}")


def _plain(value: object) -> object:
    """Lists for tuples, which YAML does not know."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _cases(catalogues: Sequence[PatientCatalogue]) -> list[tuple[str, int]]:
    """Representative slices of all, then slices at a quarter and three quarters of lesions."""
    cases: dict[tuple[str, int], None] = {}
    for catalogue in catalogues:
        cases[catalogue.patient, catalogue.representative or 0] = None
    for share in (0.25, 0.75):
        for catalogue in catalogues:
            lesion = catalogue.abnormal_indices
            cases[catalogue.patient, lesion[int(share * len(lesion))]] = None
    return list(cases)


def _statements(slices_dir: Path, catalogues: Sequence[PatientCatalogue]) -> Iterator[TextQuestion]:
    """Describe the last patients, whom image questions ask for the least; no two alike."""
    said: set[str] = set()
    for catalogue in reversed(catalogues):
        statement = describe_lesion(slices_dir, catalogue)
        if statement not in said and len(said) < N_TEXTS:
            said.add(statement)
            yield TextQuestion(type="text", statement=statement)
