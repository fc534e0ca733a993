"""Embedding: the anatomy codes of every slice of every patient, in files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sbmir.catalogue import list_patients
from sbmir.codes import AnatomyCodes, CodeFolder, CodeManifest, EmbeddedPatient
from sbmir.encoding import CodeEncoder
from sbmir.errors import Cancelled, ConfigError, DataError, NotFoundError, SbmirError
from sbmir.keys import check_patient_name
from sbmir.layout import SLICE_NAME
from sbmir.networks.sizes import MODEL_CHANNELS
from sbmir.slices import load_stack


@dataclass(frozen=True)
class EmbeddingReport:
    """What an embedding run did, patient by patient.

    Attributes
    ----------
    embedded, skipped:
        Patients whose codes were computed, and whose codes were there already.
    failed:
        Patients left out, with the reason.
    stopped:
        Whether the run was stopped before its end; the same call goes on where it stopped.
    """

    embedded: tuple[str, ...]
    skipped: tuple[str, ...]
    failed: Mapping[str, SbmirError]
    stopped: bool


def embed_patients(
    slices_dir: Path,
    codes_dir: Path,
    encoder: CodeEncoder,
    *,
    patients: Sequence[str] | None = None,
    batch_size: int = 30,
    workers: int = 0,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> EmbeddingReport:
    """Write the codes of every slice of the patients, and go on where an earlier run stopped.

    A patient's folder of codes appears whole, and then in the manifest. Codes of another model,
    and of slices that have changed since, are replaced. Label maps are not needed.

    Parameters
    ----------
    slices_dir, codes_dir:
        Folders with one folder per patient; ``codes_dir`` is made where it is not there.
    patients:
        All that have slices, where none are named.
    batch_size:
        Slices encoded at once; it changes speed and memory, the codes by less than 1e-4.
    workers:
        Threads that read slices ahead; at least one.
    progress:
        Called with the number of slices done and the number of all.
    should_stop:
        Asked between batches.

    Raises
    ------
    NotFoundError
        Where the folder of slices is not there or holds no patients.
    DataError
        Where codes cannot be written, or the manifest in ``codes_dir`` is damaged.
    ServiceError
        Where another program is embedding into the same folder.
    """
    if batch_size < 1:
        raise ConfigError(f"The batch size must be at least 1; it is {batch_size}.")
    names = list_patients(slices_dir) if patients is None else sorted(set(patients))
    if not names:
        raise NotFoundError(
            f"The folder of slices {slices_dir} holds no patients.",
            remedy="Run preprocess.py for its dataset.",
        )
    found, failed = _find_all(slices_dir, names)
    model = CodeManifest(encoder.fingerprint, encoder.sizes, encoder.precision)
    embedded: list[str] = []
    stopped = False
    with CodeFolder.open(codes_dir, model) as folder, _readers(workers) as readers:
        skipped = tuple(name for name, slices in found.items() if folder.holds(name, slices))
        work = {name: slices for name, slices in found.items() if name not in skipped}
        meter = _Meter(progress, sum(slices.n_slices for slices in found.values()))
        meter.advance(sum(found[name].n_slices for name in skipped))
        for name, slices in work.items():
            end = meter.done + slices.n_slices
            try:
                batches = _read_ahead(slices_dir, name, slices.n_slices, batch_size, readers)
                codes = _encode(batches, encoder, meter, should_stop)
            except Cancelled:
                stopped = True
                break
            except (DataError, NotFoundError) as error:
                failed[name] = error
                meter.advance(end - meter.done)
                continue
            folder.store(name, slices, codes)
            embedded.append(name)
    return EmbeddingReport(tuple(embedded), skipped, failed, stopped)


class _Meter:
    """Counts slices and tells the caller."""

    def __init__(self, progress: Callable[[int, int], None], total: int) -> None:
        self.done = 0
        self._total = total
        self._progress = progress

    def advance(self, count: int) -> None:
        self.done += count
        self._progress(self.done, self._total)


def _find_all(
    slices_dir: Path, names: Sequence[str]
) -> tuple[dict[str, EmbeddedPatient], dict[str, SbmirError]]:
    found: dict[str, EmbeddedPatient] = {}
    failed: dict[str, SbmirError] = {}
    for name in names:
        try:
            found[name] = _find_slices(slices_dir, check_patient_name(name))
        except SbmirError as error:
            failed[name] = error
    return found, failed


def _find_slices(slices_dir: Path, patient: str) -> EmbeddedPatient:
    """Count a patient's slices, and sum up names, sizes and times of their files."""
    folder = slices_dir / patient
    indices: dict[str, set[int]] = {pattern: set() for pattern in MODEL_CHANNELS}
    facts = []
    try:
        for entry in sorted(folder.iterdir()):
            match = SLICE_NAME.search(entry.name)
            if match and match["pattern"] in indices:
                indices[match["pattern"]].add(int(match["index"]))
                status = entry.stat()
                facts.append(f"{entry.name} {status.st_size} {status.st_mtime_ns}\n")
    except OSError as error:
        raise NotFoundError(
            f"The folder of slices {folder} cannot be listed.",
            why=error.strerror or str(error),
            remedy="Run preprocess.py for its dataset.",
        ) from error
    count = len(indices[MODEL_CHANNELS[0]])
    if count == 0 or any(present != set(range(count)) for present in indices.values()):
        counts = ", ".join(f"{len(present)} of {key}" for key, present in indices.items())
        raise DataError(
            f"The slices in {folder} are incomplete: {counts}.",
            remedy="Delete the folder and run preprocess.py again.",
        )
    return EmbeddedPatient(count, hashlib.sha256("".join(facts).encode()).hexdigest()[:16])


@contextmanager
def _readers(workers: int) -> Iterator[ThreadPoolExecutor]:
    pool = ThreadPoolExecutor(max(1, workers))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)  # what was read ahead of a stop is of no use


def _read_ahead(
    slices_dir: Path, patient: str, count: int, batch_size: int, readers: ThreadPoolExecutor
) -> Iterator[NDArray[np.float32]]:
    """Yield the slices of a patient in batches; the next is read while one is worked on."""

    def start(first: int) -> list[Future[NDArray[np.float32]]]:
        indices = range(first, min(first + batch_size, count))
        return [readers.submit(load_stack, slices_dir, patient, index) for index in indices]

    ahead = start(0)
    for first in range(batch_size, count + batch_size, batch_size):
        current, ahead = ahead, start(first)
        stacks = [future.result() for future in current]
        if len({stack.shape for stack in stacks}) > 1:
            raise DataError(
                f"The slices in {slices_dir / patient} differ in size.",
                remedy="Delete the folder and run preprocess.py again.",
            )
        yield np.stack(stacks)


def _encode(
    batches: Iterator[NDArray[np.float32]],
    encoder: CodeEncoder,
    meter: _Meter,
    should_stop: Callable[[], bool],
) -> AnatomyCodes:
    normal, abnormal = [], []
    for batch in batches:
        if should_stop():
            raise Cancelled
        codes = encoder.encode_images(batch)
        normal.append(codes.normal)
        abnormal.append(codes.abnormal)
        meter.advance(len(batch))
    return AnatomyCodes(np.concatenate(normal), np.concatenate(abnormal))
