"""All patients of all datasets: what has to be done, done in parallel, and reported."""

from __future__ import annotations

import logging
import shutil
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

from sbmir.config.preprocessing import DatasetPreprocessing
from sbmir.console import Progress
from sbmir.errors import ConfigError, DataError, NotFoundError, SbmirError
from sbmir.files import sole_writer
from sbmir.patient_files import PatientFolder, find_patients
from sbmir.preprocessing.parallel import outcomes
from sbmir.preprocessing.patient import PatientJob, is_complete, make_job
from sbmir.volumes import read_geometry

_log = logging.getLogger(__name__)

_BYTES_BESIDE_PIXELS = 4096
"""Of a slice's file: its header, and the rest of the last block on the disk."""

_SHOWN = 5
"""How many names a message lists before it only counts."""


@dataclass(frozen=True)
class PatientFailure:
    """A patient that could not be used, and why."""

    dataset: str
    patient: str
    error: SbmirError


@dataclass(frozen=True)
class PreprocessingReport:
    """What became of the patients.

    Attributes
    ----------
    written:
        Patients whose slices were made in this run.
    unchanged:
        Patients whose slices were complete already.
    absent:
        Datasets whose folder is not there.
    """

    written: int
    unchanged: int
    failures: tuple[PatientFailure, ...]
    absent: tuple[str, ...]

    @property
    def exit_status(self) -> int:
        """0 where every patient found has slices, else 1."""
        return 1 if self.failures else 0

    def summary(self) -> str:
        """A line for what was done, and one for each patient that could not be used."""
        lines = [f"Patients: {self.written} written, {self.unchanged} complete already"]
        if self.failures:
            lines[0] += f", {len(self.failures)} not usable"
            lines += [f"  {failure.dataset}: {failure.patient}" for failure in self.failures]
        if self.absent:
            lines.append(f"Datasets skipped: {', '.join(self.absent)}")
        return "\n".join(lines)


def run(
    config: Mapping[str, DatasetPreprocessing],
    *,
    workers: int,
    force: bool = False,
    progress: Progress | None = None,
) -> PreprocessingReport:
    """Make the slices of every patient that has none, or whose files or settings have changed.

    Parameters
    ----------
    workers:
        Number of processes; the files come out the same whatever it is.
    force:
        Make also those anew that are complete.
    progress:
        Called as ``progress(done, total)`` after each patient. What it raises ends the run, with
        nothing half-written.

    Raises
    ------
    ConfigError
        Where no dataset is given, two write to the same folder, or ``workers`` is below 1.
    NotFoundError
        Where there is no patient at all, a folder cannot be written, or the disk is too full.
    ServiceError
        Where another run is writing to the same folder.
    DataError
        Where a worker process was killed.
    """
    _check(config, workers)
    found, absent = _find(config)
    with ExitStack() as stack:
        for dataset in found:
            stack.enter_context(sole_writer(config[dataset].dst_dir_path))
        jobs, unusable = _plan(config, found)
        pending = [job for job in jobs if force or not is_complete(job)]
        unchanged = len(jobs) - len(pending)
        _log.info("%d patients to do, %d complete already.", len(pending), unchanged)
        _check_space(pending)
        failed = _make(pending, workers, progress)
    failures = sorted([*unusable, *failed], key=lambda failure: (failure.dataset, failure.patient))
    written = len(pending) - len(failed)
    return PreprocessingReport(written, unchanged, tuple(failures), tuple(absent))


def _check(config: Mapping[str, DatasetPreprocessing], workers: int) -> None:
    if not config:
        raise ConfigError("The settings name no dataset.")
    if workers < 1:
        raise ConfigError(f"At least one worker is needed, not {workers}.")
    users: dict[Path, str] = {}
    for dataset, settings in config.items():
        other = users.setdefault(settings.dst_dir_path.resolve(), dataset)
        if other != dataset:
            raise ConfigError(
                f"The datasets {other} and {dataset} both write to {settings.dst_dir_path}.",
                remedy="Give each its own dst_dir_path.",
            )


def _find(
    config: Mapping[str, DatasetPreprocessing],
) -> tuple[dict[str, list[PatientFolder]], list[str]]:
    """Look for patients: those of each dataset that has any, and the datasets that have none."""
    found: dict[str, list[PatientFolder]] = {}
    problems: dict[str, str] = {}
    for dataset, settings in config.items():
        src_dir = settings.src_dir_path
        try:
            patients, passed_over = find_patients(src_dir)
        except FileNotFoundError:
            problems[dataset] = f"{dataset}: the folder {src_dir} is not there"
            continue
        except OSError as error:
            problems[dataset] = f"{dataset}: the folder {src_dir} cannot be read ({error.strerror})"
            continue
        if passed_over:
            _log.info("%s: passed over, as not patients: %s.", dataset, _listing(passed_over))
        if patients:
            found[dataset] = patients
        else:
            problems[dataset] = f"{dataset}: the folder {src_dir} holds no patient"
    if not found:
        raise NotFoundError(
            "There is nothing to preprocess.",
            why="\n".join(f"  {problem}" for problem in problems.values()),
            remedy="Place the datasets there, or correct src_dir_path in the settings file.",
        )
    for problem in problems.values():
        _log.warning("%s; skipped.", problem)
    return found, list(problems)


def _plan(
    config: Mapping[str, DatasetPreprocessing], found: Mapping[str, list[PatientFolder]]
) -> tuple[list[PatientJob], list[PatientFailure]]:
    jobs: list[PatientJob] = []
    failures: list[PatientFailure] = []
    for dataset, folders in found.items():
        namesakes = Counter(folder.name for folder in folders)
        for folder in folders:
            try:
                if namesakes[folder.name] > 1:
                    raise DataError(
                        f"{folder.path} is not the only folder of the patient {folder.name}.",
                        remedy="Remove or rename the others.",
                    )
                jobs.append(make_job(dataset, folder, config[dataset]))
            except SbmirError as error:
                failures.append(_failure(dataset, folder.name, error))
    return jobs, failures


def _make(
    jobs: Sequence[PatientJob], workers: int, progress: Progress | None
) -> list[PatientFailure]:
    """Make the slices; returns the patients that failed."""
    failures: list[PatientFailure] = []
    if progress:
        progress(0, len(jobs))
    with closing(outcomes(jobs, workers)) as results:
        for done, outcome in enumerate(results, start=1):
            for note in outcome.notes:
                _log.info("%s", note)
            if outcome.error:
                failures.append(_failure(outcome.job.dataset, outcome.job.patient, outcome.error))
            if progress:
                progress(done, len(jobs))
    return failures


def _failure(dataset: str, patient: str, error: SbmirError) -> PatientFailure:
    _log.error("%s, %r cannot be used:\n%s", dataset, patient, indent(str(error), "  "))
    return PatientFailure(dataset, patient, error)


def _check_space(jobs: Sequence[PatientJob]) -> None:
    """Compare the free space of each disk with what the patients will take."""
    needed: dict[int, int] = defaultdict(int)
    folders: dict[int, Path] = {}
    for job in jobs:
        folder = job.settings.dst_dir_path
        disk = folder.stat().st_dev
        folders[disk] = folder
        needed[disk] += _expected_bytes(job)
    for disk, folder in folders.items():
        free = shutil.disk_usage(folder).free
        if free < needed[disk]:
            raise NotFoundError(
                f"The disk of {folder} is too full: the slices take"
                f" {needed[disk] / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free.",
                remedy="Make room, or choose another dst_dir_path.",
            )


def _expected_bytes(job: PatientJob) -> int:
    try:
        n_slices = read_geometry(job.sources[0]).shape[2]
    except SbmirError:
        return 0  # a bad file is told when its patient's turn comes
    pixels = job.settings.image_size**2
    picture_bytes = sum(
        pixels * (1 if modality.is_segmentation else 4) + _BYTES_BESIDE_PIXELS
        for modality in job.settings.modalities
    )
    return n_slices * picture_bytes


def _listing(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"
