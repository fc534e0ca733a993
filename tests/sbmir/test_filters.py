"""Filters: which reference slices may be found."""

import numpy as np
import pytest

from sbmir.catalogue import Side
from sbmir.database.repository import SliceRecord
from sbmir.errors import ConfigError, DataError
from sbmir.filters import NO_FILTERS, Filters, SliceTable
from sbmir.keys import SliceKey


def record(
    patient: str, index: int, pixels=(0, 0, 0), side=None, pixel_mm2: float | None = 2.0
) -> SliceRecord:
    key = SliceKey("D", patient, index)
    return SliceRecord(key, sum(pixels) > 0, index == 1, pixels, side, (), pixel_mm2)


RECORDS = [
    record("glioblastoma", 0),
    record("glioblastoma", 1, (50, 500, 100), Side.LEFT),  # 13 cm²
    record("glioblastoma", 2, (0, 100, 0), Side.LEFT),  # 2 cm², oedema only
    record("low grade", 0),
    record("low grade", 1, (0, 250, 0), Side.RIGHT),  # 5 cm²
    record("low grade", 2, (0, 300, 0), Side.BOTH),  # 6 cm²
]


def passing(filters: Filters, records=RECORDS) -> list[tuple[str, int]]:
    keys = [one.key for one in RECORDS]
    rows = np.flatnonzero(SliceTable.of(keys, records).passing(filters))
    return [(keys[row].patient, keys[row].index) for row in rows]


def test_without_filters_every_slice_passes():
    assert len(passing(NO_FILTERS)) == len(RECORDS)
    assert NO_FILTERS.is_off
    assert NO_FILTERS.count == 0


def test_the_side_is_that_of_the_slices_lesion():
    assert passing(Filters(side=Side.LEFT)) == [("glioblastoma", 1), ("glioblastoma", 2)]
    assert passing(Filters(side=Side.BOTH)) == [("low grade", 2)]


def test_enhancing_means_that_the_slice_shows_it():
    assert passing(Filters(enhancing=True)) == [("glioblastoma", 1)]


def test_not_enhancing_means_that_no_slice_of_the_patient_does():
    assert passing(Filters(enhancing=False)) == [("low grade", index) for index in range(3)]


def test_the_lesions_area_is_in_square_centimetres_with_both_limits_included():
    assert passing(Filters(min_lesion_cm2=5)) == [
        ("glioblastoma", 1),
        ("low grade", 1),
        ("low grade", 2),
    ]
    assert passing(Filters(min_lesion_cm2=2, max_lesion_cm2=5)) == [
        ("glioblastoma", 2),
        ("low grade", 1),
    ]
    assert ("low grade", 0) in passing(Filters(max_lesion_cm2=1))


def test_filters_are_all_to_be_passed():
    both = Filters(side=Side.LEFT, enhancing=True, min_lesion_cm2=1, max_lesion_cm2=20)
    assert passing(both) == [("glioblastoma", 1)]
    assert both.count == 3


def test_a_slice_of_unknown_size_does_not_pass_by_size():
    records = [record("glioblastoma", 1, (0, 250, 0), Side.LEFT, None), RECORDS[4]]
    assert passing(Filters(min_lesion_cm2=1), records) == [("low grade", 1)]


def test_where_no_size_is_known_it_is_said_how_to_mend_that():
    records = [record("low grade", 1, (0, 250, 0), Side.LEFT, None)]
    with pytest.raises(DataError, match="how large") as raised:
        passing(Filters(max_lesion_cm2=9), records)
    assert "sbmir ingest" in raised.value.remedy


def test_a_slice_that_the_database_no_longer_knows_passes_no_filter():
    for filters in (
        Filters(side=Side.LEFT),
        Filters(enhancing=True),
        Filters(enhancing=False),
        Filters(max_lesion_cm2=100),
    ):
        assert {patient for patient, _ in passing(filters, RECORDS[3:])} <= {"low grade"}


@pytest.mark.parametrize("limits", [(5, 2), (-1, None), (float("nan"), None), (None, float("inf"))])
def test_limits_that_make_no_sense_are_refused(limits):
    with pytest.raises(ConfigError, match="area"):
        Filters(min_lesion_cm2=limits[0], max_lesion_cm2=limits[1])


@pytest.mark.parametrize(
    "filters",
    [NO_FILTERS, Filters(side=Side.RIGHT, max_lesion_cm2=3.5), Filters(enhancing=False)],
)
def test_filters_go_into_a_file_and_come_back(filters):
    assert Filters.from_json(filters.as_json()) == filters


def test_only_filters_that_are_on_are_written():
    assert Filters(side=Side.LEFT).as_json() == {"side": "left"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"sid": "left"}, "sid"),
        ({"side": "up"}, "side"),
        ({"min_lesion_cm2": "much"}, "min_lesion_cm2"),
        ({"min_lesion_cm2": 3, "max_lesion_cm2": 2}, "area"),
    ],
)
def test_filters_of_a_damaged_file_are_refused(content, says):
    with pytest.raises(DataError) as raised:
        Filters.from_json(content)
    assert says in raised.value.why
