"""The reference database in MongoDB.

Collections, beside those of reader studies:

``patients``  one document for each patient and model: how many slices, from which sources, which
              ``revision``, and whether the patient is ``visible``
``slices``    one for each slice: lesion, side, files
``codes``     one for each slice and model: both codes as BSON vectors of float32

A patient is whole where the document in ``patients`` is visible and as many codes bear its
revision as it has slices. The revision is a digest of everything stored, so that two writers of
the same patient write the same, and a patient of whom two writers wrote different things is seen
by nobody until one of them has written all of it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from bson.binary import VECTOR_SUBTYPE, Binary
from numpy.typing import NDArray
from pymongo import MongoClient, ReplaceOne
from pymongo.write_concern import WriteConcern

from sbmir.catalogue import Side
from sbmir.database.patience import Patience
from sbmir.database.repository import (
    CodeMatrix,
    PatientRecord,
    ReferencePatient,
    SliceRecord,
)
from sbmir.errors import DataError
from sbmir.keys import SliceKey

logger = logging.getLogger(__name__)

Document: TypeAlias = "dict[str, Any]"

# BSON's head of a vector: the type of its numbers (float32) and the unused bits of its last byte.
_VECTOR_HEAD = b"\x27\x00"
_VECTOR_DTYPE = np.dtype("<f4")


class MongoRepository:
    """A ``ReferenceRepository`` in one MongoDB database.

    Parameters
    ----------
    client:
        Connected; who made it closes it.
    project_name:
        The name of the database.
    patience:
        How operations go on where the server fails for a while; they may all be repeated.
    place:
        What is said of the server where the store describes itself; without passwords.
    """

    def __init__(
        self,
        client: MongoClient[Document],
        project_name: str,
        *,
        patience: Patience | None = None,
        place: str = "",
    ) -> None:
        # A write is acknowledged once it would survive the end of the server, or of the primary.
        safely = WriteConcern("majority", j=True)
        database = client.get_database(project_name, write_concern=safely)
        self._client = client
        self._database = database
        self._patients = database["patients"]
        self._slices = database["slices"]
        self._codes = database["codes"]
        self._patience = patience or Patience()
        self._place = place
        self._indexed = False

    def put_patient(self, patient: ReferencePatient) -> None:
        """See ``ReferenceRepository``."""
        revision = patient.revision()
        self._patience.run(lambda: self._put(patient, revision))

    def _put(self, patient: ReferencePatient, revision: str) -> None:
        self._make_indexes()
        record = patient.record
        person = {"dataset": record.dataset, "patient": record.patient}
        owner = {**person, "fingerprint": record.fingerprint}
        other_slices = {"slice": {"$nin": [one.key.index for one in patient.slices]}}
        self._patients.update_many(
            {**owner, "revision": {"$ne": revision}}, {"$set": {"visible": False}}
        )
        self._slices.bulk_write(
            [
                ReplaceOne(_slice_filter(one.key), _slice_document(one), upsert=True)
                for one in patient.slices
            ],
            ordered=False,
        )
        self._codes.bulk_write(
            [
                ReplaceOne(
                    {**_slice_filter(one.key), "fingerprint": record.fingerprint},
                    {
                        **_slice_filter(one.key),
                        "fingerprint": record.fingerprint,
                        "revision": revision,
                        "nac": encode_vector(nac),
                        "aac": encode_vector(aac),
                    },
                    upsert=True,
                )
                for one, nac, aac in zip(patient.slices, patient.nac, patient.aac, strict=True)
            ],
            ordered=False,
        )
        self._codes.delete_many({**owner, **other_slices})
        self._slices.delete_many({**person, **other_slices})
        marker = {
            "source": record.source,
            "n_slices": record.n_slices,
            "vector_length": record.vector_length,
            "revision": revision,
            "visible": True,
        }
        self._patients.replace_one(owner, {**owner, **marker}, upsert=True)

    def _make_indexes(self) -> None:
        if self._indexed:
            return
        self._patients.create_index(["dataset", "patient", "fingerprint"], unique=True)
        self._slices.create_index(["dataset", "patient", "slice"], unique=True)
        # In this order it also gives the codes of a data set and a model in the order of keys.
        self._codes.create_index(["dataset", "fingerprint", "patient", "slice"], unique=True)
        # Counts whole patients without reading a code.
        self._codes.create_index(["dataset", "fingerprint", "patient", "revision"])
        self._indexed = True

    def remove_patient(self, dataset: str, patient: str, fingerprint: str | None = None) -> bool:
        """See ``ReferenceRepository``."""
        person = {"dataset": dataset, "patient": patient}
        owner = person if fingerprint is None else {**person, "fingerprint": fingerprint}
        # Found beforehand: a repetition after a failure would find nothing any more.
        found = self._patience.run(lambda: self._patients.find_one(owner)) is not None

        def remove() -> None:
            self._patients.update_many(owner, {"$set": {"visible": False}})
            self._codes.delete_many(owner)
            self._patients.delete_many(owner)
            if self._patients.find_one(person) is None:
                self._slices.delete_many(person)

        self._patience.run(remove)
        return found

    def patients(self, dataset: str, fingerprint: str) -> list[PatientRecord]:
        """See ``ReferenceRepository``."""
        return self._patience.run(lambda: self._whole_patients(dataset, fingerprint))

    def _whole_patients(self, dataset: str, fingerprint: str) -> list[PatientRecord]:
        markers = self._visible(dataset, fingerprint)
        group = {"_id": {"patient": "$patient", "revision": "$revision"}, "count": {"$sum": 1}}
        counted = self._codes.aggregate(
            [{"$match": {"dataset": dataset, "fingerprint": fingerprint}}, {"$group": group}]
        )
        counts = {
            (entry["_id"]["patient"], entry["_id"]["revision"]): entry["count"] for entry in counted
        }
        return [
            PatientRecord(
                dataset,
                marker["patient"],
                fingerprint,
                marker["source"],
                marker["n_slices"],
                marker["vector_length"],
            )
            for marker in markers
            if counts.get((marker["patient"], marker["revision"])) == marker["n_slices"]
        ]

    def _visible(self, dataset: str, fingerprint: str) -> list[Document]:
        wanted = {"dataset": dataset, "fingerprint": fingerprint, "visible": True}
        return list(self._patients.find(wanted, {"_id": 0}).sort("patient"))

    def slice_records(self, dataset: str, patient: str | None = None) -> list[SliceRecord]:
        """See ``ReferenceRepository``."""
        wanted = {"dataset": dataset} if patient is None else _person(dataset, patient)

        def find() -> list[SliceRecord]:
            whole = set(self._patients.distinct("patient", {**wanted, "visible": True}))
            found = self._slices.find(wanted, {"_id": 0}).sort(["patient", "slice"])
            return [_slice_record(document) for document in found if document["patient"] in whole]

        return self._patience.run(find)

    def load_codes(self, dataset: str, fingerprint: str) -> CodeMatrix:
        """See ``ReferenceRepository``."""
        return self._patience.run(lambda: self._load(dataset, fingerprint))

    def _load(self, dataset: str, fingerprint: str) -> CodeMatrix:
        markers = {marker["patient"]: marker for marker in self._visible(dataset, fingerprint)}
        if len({marker["vector_length"] for marker in markers.values()}) > 1:
            raise DataError(
                f"The codes of {dataset} in the database differ in length under one model.",
                remedy="Embed and ingest again.",
            )
        n_rows = sum(marker["n_slices"] for marker in markers.values())
        length = max((marker["vector_length"] for marker in markers.values()), default=0)
        nac = np.empty((n_rows, length), np.float32)
        aac = np.empty_like(nac)
        keys: list[SliceKey] = []
        cursor = self._codes.find(
            {"dataset": dataset, "fingerprint": fingerprint},
            {"_id": 0, "patient": 1, "slice": 1, "revision": 1, "nac": 1, "aac": 1},
        ).sort(["patient", "slice"])
        for document in cursor:
            marker = markers.get(document["patient"])
            if marker is None or marker["revision"] != document["revision"]:
                continue
            row = len(keys)
            nac[row] = decode_vector(document["nac"])
            aac[row] = decode_vector(document["aac"])
            keys.append(SliceKey(dataset, document["patient"], document["slice"]))
        return _whole_rows(keys, nac, aac, markers)

    def describe(self) -> str:
        """See ``ReferenceRepository``."""

        def count() -> tuple[str, int]:
            version = self._client.server_info()["version"]
            return version, len(self._patients.distinct("patient", {"visible": True}))

        version, patients = self._patience.run(count)
        place = f", {self._place}" if self._place else ""
        return f"MongoDB {version}{place}, {patients} reference patients"


def encode_vector(numbers: NDArray[np.float32]) -> Binary:
    """Make a BSON vector of float32; as ``Binary.from_vector``, without a list between."""
    return Binary(_VECTOR_HEAD + numbers.astype(_VECTOR_DTYPE).tobytes(), VECTOR_SUBTYPE)


def decode_vector(vector: bytes) -> NDArray[np.float32]:
    """Read a BSON vector of float32.

    Raises
    ------
    DataError
        For a vector of other numbers.
    """
    if vector[:2] != _VECTOR_HEAD:
        raise DataError(
            "A code in the database is no vector of float32.", remedy="Ingest the data set again."
        )
    return np.frombuffer(vector, _VECTOR_DTYPE, offset=2)


def _person(dataset: str, patient: str) -> Document:
    return {"dataset": dataset, "patient": patient}


def _slice_filter(key: SliceKey) -> Document:
    return {**_person(key.dataset, key.patient), "slice": key.index}


def _slice_document(record: SliceRecord) -> Document:
    return {
        **_slice_filter(record.key),
        "abnormal": record.abnormal,
        "representative": record.representative,
        "lesion_pixels": dict(zip(("net", "ed", "et"), record.lesion_pixels, strict=True)),
        "side": record.side and record.side.value,
        "source_paths": list(record.source_paths),
        "pixel_mm2": record.pixel_mm2,
    }


def _slice_record(document: Mapping[str, Any]) -> SliceRecord:
    pixels = document["lesion_pixels"]
    side = document["side"]
    return SliceRecord(
        SliceKey(document["dataset"], document["patient"], document["slice"]),
        document["abnormal"],
        document["representative"],
        (pixels["net"], pixels["ed"], pixels["et"]),
        Side(side) if side else None,
        tuple(document["source_paths"]),
        document.get("pixel_mm2"),  # which an older database lacks
    )


def _whole_rows(
    keys: Sequence[SliceKey],
    nac: NDArray[np.float32],
    aac: NDArray[np.float32],
    markers: Mapping[str, Document],
) -> CodeMatrix:
    """Leave out patients of whom another program is just writing, and rows that stayed empty."""
    counts: dict[str, int] = {}
    for key in keys:
        counts[key.patient] = counts.get(key.patient, 0) + 1
    partial = {name for name, one in markers.items() if counts.get(name) != one["n_slices"]}
    if not partial:
        return CodeMatrix(tuple(keys), nac, aac)
    logger.warning("Patients that are being written are left out: %s", ", ".join(sorted(partial)))
    rows = [row for row, key in enumerate(keys) if key.patient not in partial]
    return CodeMatrix(tuple(keys[row] for row in rows), nac[rows], aac[rows])
