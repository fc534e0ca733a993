"""Datasets of synthetic patients, laid out as BraTS 2019 is."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sbmir.console import Progress
from sbmir.errors import ConfigError, DataError, NotFoundError
from sbmir.files import atomic_folder, sole_writer, write_text
from sbmir.parallel import in_processes
from sbmir.patient_files import find_modality
from sbmir.phantom.anatomy import BOX, BRATS_SHAPE, draw_placement, make_anatomy
from sbmir.phantom.contrast import SEQUENCES, make_scene, render
from sbmir.phantom.lesion import LesionPlan, grow, plan_lesion
from sbmir.phantom.material import load_material
from sbmir.volumes import write_nifti

RECIPE_FILE = "phantom.json"
"""Lies in a synthetic patient's folder: which seed and generator made it."""

GENERATOR = 1
"""Goes up when the same seed gives other patients than before."""

BYTES_PER_PATIENT = 12_000_000
"""On the disk, rather more than less."""

BRATS_AFFINE = np.array([[-1.0, 0, 0, 0], [0, -1, 0, 239], [0, 0, 1, 0], [0, 0, 0, 1]])

_Voxel = TypeVar("_Voxel", np.int16, np.uint8)


@dataclass(frozen=True, eq=False)
class PhantomPatient:
    """A synthetic patient on BraTS's grid.

    Attributes
    ----------
    images:
        Sequence name (``t1``, ``t1ce``, ``t2``, ``flair``) to (240, 240, 155) int16, 0 outside
        the brain.
    labels:
        (240, 240, 155) uint8: 0 background, 1 NCR/NET, 2 oedema, 4 enhancing tumour.
    plan:
        What the lesion was meant to be.
    """

    images: dict[str, NDArray[np.int16]]
    labels: NDArray[np.uint8]
    plan: LesionPlan


def patient_name(number: int) -> str:
    """Name of the patient with this number, from 1 on."""
    return f"BraTS19_SYN_{number:04d}_1"


def make_patient(seed: int, number: int) -> PhantomPatient:
    """Make one patient; the same seed and number give the same voxels."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, number]))
    material = load_material()
    placement = draw_placement(rng, material)
    plan = plan_lesion(rng, material, placement)
    anatomy = make_anatomy(rng, material, placement, list(plan.masses))
    lesion = grow(rng, plan, anatomy)
    scene = make_scene(rng, anatomy, lesion, plan.kind)
    images = {name: _on_brats_grid(render(rng, scene, name)) for name in SEQUENCES}
    return PhantomPatient(images, _on_brats_grid(lesion.labels), plan)


def _on_brats_grid(volume: NDArray[_Voxel]) -> NDArray[_Voxel]:
    whole: NDArray[_Voxel] = np.zeros(BRATS_SHAPE, volume.dtype)
    whole[BOX] = volume
    return whole


def write_patients(
    out_dir: Path,
    count: int,
    seed: int,
    *,
    workers: int = 1,
    progress: Progress | None = None,
    first: int = 1,
) -> list[str]:
    """Write synthetic patients, each folder whole or not at all; those that are there stay.

    Parameters
    ----------
    out_dir:
        Is made where it is missing.
    count, first:
        How many patients, and the number of the first.
    seed:
        Not negative. A patient that was made with another seed is made anew.
    workers:
        Processes; the bytes do not depend on them.
    progress:
        Called with the number of patients done and of all.

    Returns
    -------
    Names of all patients asked for.

    Raises
    ------
    ConfigError
        For a negative number.
    NotFoundError
        Where ``out_dir`` cannot be written, or its disk is too full.
    ServiceError
        Where another run is writing to ``out_dir``.
    DataError
        Where a folder of that name holds something else than a synthetic patient, or a worker was
        killed.
    """
    if seed < 0 or count < 0 or first < 0:
        raise ConfigError("The seed and the numbers of synthetic patients cannot be negative.")
    numbers = range(first, first + count)
    report = progress or (lambda done, total: None)
    with sole_writer(out_dir):
        missing = [number for number in numbers if not _is_complete(out_dir, seed, number)]
        _check_space(out_dir, len(missing))
        done = count - len(missing)
        report(done, count)
        jobs = [_Job(out_dir, seed, number) for number in missing]
        with closing(in_processes(_write, jobs, workers)) as results:
            for _ in results:
                done += 1
                report(done, count)
    return [patient_name(number) for number in numbers]


def _check_space(out_dir: Path, n_patients: int) -> None:
    needed, free = n_patients * BYTES_PER_PATIENT, shutil.disk_usage(out_dir).free
    if free < needed:
        raise NotFoundError(
            f"The disk of {out_dir} is too full: the patients take {needed / 1e9:.1f} GB,"
            f" and {free / 1e9:.1f} GB are free.",
            remedy="Make room, or choose another folder.",
        )


@dataclass(frozen=True)
class _Job:
    out_dir: Path
    seed: int
    number: int


def _write(job: _Job) -> None:
    try:
        write_patient(job.out_dir, job.seed, job.number)
    except OSError as error:
        raise DataError(
            f"{patient_name(job.number)} cannot be written to {job.out_dir}.",
            why=str(error),
            remedy="Make room on the disk, or mend the permissions, and run it again.",
        ) from error


def write_patient(out_dir: Path, seed: int, number: int) -> None:
    """Make one patient and write its folder, replacing a former one of that name."""
    patient = make_patient(seed, number)
    name = patient_name(number)
    with atomic_folder(out_dir / name) as folder:
        for pattern, image in patient.images.items():
            write_nifti(folder / f"{name}_{pattern}.nii.gz", image, BRATS_AFFINE)
        write_nifti(folder / f"{name}_seg.nii.gz", patient.labels, BRATS_AFFINE)
        write_text(folder / RECIPE_FILE, json.dumps(_recipe(seed, number)) + "\n")


def _recipe(seed: int, number: int) -> dict[str, int]:
    return {"generator": GENERATOR, "seed": seed, "number": number}


def _is_complete(out_dir: Path, seed: int, number: int) -> bool:
    """Whether the patient is there, as this seed and generator make it."""
    name = patient_name(number)
    folder = out_dir / name
    if not folder.exists():
        return False
    try:
        recipe = json.loads((folder / RECIPE_FILE).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(
            f"{folder} is in the way: it is not a synthetic patient.",
            why=f"It has no readable {RECIPE_FILE}.",
            remedy="Choose another folder, or move this one away.",
        ) from error
    present = (find_modality(folder, name, pattern) for pattern in (*SEQUENCES, "seg"))
    return recipe == _recipe(seed, number) and all(present)
