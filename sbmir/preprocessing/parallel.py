"""Patients in several processes; a bad patient does not stop the others."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from sbmir.errors import DataError, SbmirError
from sbmir.parallel import in_processes
from sbmir.preprocessing.patient import PatientJob, make_slices


@dataclass(frozen=True)
class Outcome:
    """What became of one patient: slices and perhaps notes, or the error that prevented them."""

    job: PatientJob
    notes: tuple[str, ...] = ()
    error: SbmirError | None = None


def outcomes(jobs: Sequence[PatientJob], workers: int) -> Generator[Outcome, None, None]:
    """Make the slices of all patients and yield each outcome as it comes; see `in_processes`."""
    return in_processes(_attempt, jobs, workers)


def _attempt(job: PatientJob) -> Outcome:
    try:
        return Outcome(job, notes=tuple(make_slices(job)))
    except SbmirError as error:
        return Outcome(job, error=error)
    except MemoryError:
        return Outcome(
            job,
            error=DataError(
                f"The memory does not suffice for {job.patient}.",
                remedy="Close other programs, or use fewer --workers.",
            ),
        )
