"""Patients in several processes; the results do not depend on how many."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass

from sbmir.errors import DataError, SbmirError
from sbmir.preprocessing.patient import PatientJob, make_slices


@dataclass(frozen=True)
class Outcome:
    """What became of one patient: slices and perhaps notes, or the error that prevented them."""

    job: PatientJob
    notes: tuple[str, ...] = ()
    error: SbmirError | None = None


def outcomes(jobs: Sequence[PatientJob], workers: int) -> Generator[Outcome, None, None]:
    """Make the slices of all patients and yield each outcome as it comes, in no fixed order.

    Where the caller stops early or is interrupted, the patients in hand are finished first.

    Raises
    ------
    DataError
        Where a worker process was killed. What it was writing is left under a temporary name.
    """
    workers = min(workers, len(jobs))
    if workers <= 1:
        yield from map(_attempt, jobs)
        return
    # Fresh processes: forked ones would inherit threads, locks and signal handlers.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_prepare_worker)
    try:
        with _interrupts_ignored():
            futures: list[Future[Outcome]] = [pool.submit(_attempt, job) for job in jobs]
        for future in as_completed(futures):
            yield future.result()
    except BrokenProcessPool as error:
        raise DataError(
            "A worker process ended before its work was done.",
            why="It was killed, perhaps because the machine ran out of memory.",
            remedy="Run the same command again: it goes on where it stopped. Fewer --workers need"
            " less memory.",
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


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


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Processes started inside inherit that Ctrl+C does not concern them, only their parent."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former)


def _prepare_worker() -> None:
    """End this process with its parent: where that is killed, nobody else would tell it."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
