"""The contract of every store of reference patients."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from sbmir.database.repository import ReferencePatient, ReferenceRepository
from sbmir.errors import DataError
from sbmir.keys import SliceKey

MakePatient = Callable[..., ReferencePatient]


def test_codes_come_back_bit_by_bit_in_the_order_of_keys(
    repository: ReferenceRepository, make_patient: MakePatient
) -> None:
    second, first = make_patient("Zoë 2", seed=1, n_slices=12), make_patient("A_1", seed=2)
    repository.put_patient(second)
    repository.put_patient(first)

    matrix = repository.load_codes("BraTS", "model-1")

    assert matrix.keys == tuple(record.key for p in (first, second) for record in p.slices)
    assert list(matrix.keys) == sorted(matrix.keys)
    assert matrix.nac.dtype == np.float32
    np.testing.assert_array_equal(matrix.nac, np.concatenate([first.nac, second.nac]))
    np.testing.assert_array_equal(matrix.aac, np.concatenate([first.aac, second.aac]))


def test_what_is_known_of_slices_comes_back(
    repository: ReferenceRepository, make_patient: MakePatient
) -> None:
    patients = [make_patient("A"), make_patient("B", seed=1)]
    for patient in patients:
        repository.put_patient(patient)

    assert repository.slice_records("BraTS", "A") == list(patients[0].slices)
    assert repository.slice_records("BraTS") == [r for p in patients for r in p.slices]
    assert repository.slice_records("BraTS", "unknown") == []
    assert repository.patients("BraTS", "model-1") == [p.record for p in patients]


def test_an_empty_store_has_no_codes(repository: ReferenceRepository) -> None:
    matrix = repository.load_codes("BraTS", "model-1")

    assert matrix.keys == ()
    assert matrix.nac.shape == matrix.aac.shape == (0, 0)
    assert repository.patients("BraTS", "model-1") == []


def test_models_and_datasets_never_mix(
    repository: ReferenceRepository, make_patient: MakePatient
) -> None:
    repository.put_patient(make_patient(seed=1))
    repository.put_patient(make_patient(seed=2, fingerprint="model-2", length=6))
    repository.put_patient(make_patient(seed=3, dataset="Clinic"))

    first, second = (repository.load_codes("BraTS", f"model-{n}") for n in (1, 2))

    assert first.nac.shape == (3, 4)
    assert second.nac.shape == (3, 6)
    assert {key.dataset for key in first.keys} == {"BraTS"}


def test_a_replaced_patient_leaves_nothing_behind(
    repository: ReferenceRepository, make_patient: MakePatient
) -> None:
    repository.put_patient(make_patient(n_slices=7, length=4))
    now = make_patient(n_slices=2, length=6, seed=9, source="files-2")
    repository.put_patient(now)

    matrix = repository.load_codes("BraTS", "model-1")

    np.testing.assert_array_equal(matrix.aac, now.aac)
    assert repository.patients("BraTS", "model-1") == [now.record]
    assert repository.slice_records("BraTS") == list(now.slices)


def test_putting_the_same_twice_changes_nothing(
    repository: ReferenceRepository, make_patient: MakePatient
) -> None:
    repository.put_patient(make_patient())
    repository.put_patient(make_patient())

    assert len(repository.load_codes("BraTS", "model-1").keys) == 3


def test_a_removed_patient_is_gone_and_the_others_stay(
    repository: ReferenceRepository, make_patient: MakePatient
) -> None:
    for name in ("A", "B"):
        repository.put_patient(make_patient(name))

    assert repository.remove_patient("BraTS", "A", "model-1")
    assert not repository.remove_patient("BraTS", "A", "model-1")

    assert {key.patient for key in repository.load_codes("BraTS", "model-1").keys} == {"B"}
    assert {record.key.patient for record in repository.slice_records("BraTS")} == {"B"}


def test_removing_under_one_model_keeps_what_another_needs(
    repository: ReferenceRepository, make_patient: MakePatient
) -> None:
    for fingerprint in ("model-1", "model-2"):
        repository.put_patient(make_patient(fingerprint=fingerprint))

    repository.remove_patient("BraTS", "A", "model-1")

    assert repository.load_codes("BraTS", "model-1").keys == ()
    assert len(repository.load_codes("BraTS", "model-2").keys) == 3
    assert len(repository.slice_records("BraTS", "A")) == 3

    repository.put_patient(make_patient())
    assert repository.remove_patient("BraTS", "A")
    assert repository.load_codes("BraTS", "model-2").keys == ()
    assert repository.slice_records("BraTS", "A") == []


def test_a_store_says_how_many_patients_it_holds(
    repository: ReferenceRepository, make_patient: MakePatient
) -> None:
    for name, fingerprint in (("A", "model-1"), ("A", "model-2"), ("B", "model-1")):
        repository.put_patient(make_patient(name, fingerprint=fingerprint))

    assert "2 reference patients" in repository.describe()


@pytest.mark.parametrize(
    "wrong",
    [
        {"nac": np.zeros((2, 4), np.float32)},
        {"aac": np.zeros((3, 5), np.float32)},
        {"nac": np.zeros((3, 4))},
        {"patient": "B"},
        {"slices": ()},
    ],
)
def test_slices_and_codes_that_do_not_belong_together_are_refused(
    make_patient: MakePatient, wrong: dict[str, object]
) -> None:
    with pytest.raises(DataError, match="do not belong together"):
        replace(make_patient(), **wrong)  # type: ignore[arg-type]


def test_slices_out_of_order_are_refused(make_patient: MakePatient) -> None:
    patient = make_patient()

    with pytest.raises(DataError, match="out of order"):
        replace(patient, slices=patient.slices[::-1])


def test_the_revision_changes_with_everything_that_is_stored(make_patient: MakePatient) -> None:
    patient = make_patient()
    other_slice = replace(patient.slices[0], lesion_pixels=(0, 1, 0))
    changed = [
        make_patient(seed=1),
        make_patient(source="files-2"),
        make_patient(fingerprint="model-2"),
        replace(patient, slices=(other_slice, *patient.slices[1:])),
        replace(patient, nac=patient.aac, aac=patient.nac),
    ]

    assert make_patient().revision() == patient.revision()
    assert len({one.revision() for one in [patient, *changed]}) == 1 + len(changed)
    assert patient.slices[0].key == SliceKey("BraTS", "A", 0)
