"""The simulated reader draws on somebody else's brain, the same each time."""

import numpy as np
import pytest
from evaluation_world import catalogue_of, key, square
from hypothesis import given, settings
from hypothesis import strategies as st

from sbmir.errors import DataError
from sbmir.evaluation.reader import SimulatedReader, nearest_normal, random_of

SIZE = 128
NOTHING = np.zeros((16, 16), np.uint8)
LESION = square(4, 4, 6)


def reader(seed: int = 0, names=("A", "B", "C")) -> SimulatedReader:
    catalogues = {name: catalogue_of(name, [NOTHING, LESION, NOTHING, NOTHING]) for name in names}
    return SimulatedReader(seed, catalogues)


def test_the_nearest_slice_without_lesion_is_the_template() -> None:
    catalogue = catalogue_of("A", [NOTHING, NOTHING, LESION, NOTHING, LESION, LESION, LESION])
    assert [nearest_normal(catalogue, index) for index in (0, 2, 3, 4, 6)] == [0, 1, 3, 3, 3]


@settings(deadline=None)
@given(st.integers(0, 1000), st.sampled_from(["A", "B", "C", "X", "Y", "Z"]), st.integers(0, 3))
def test_a_template_is_never_the_target(seed: int, patient: str, index: int) -> None:
    query = reader(seed).query(key(patient, index), LESION, 0)
    assert query.template.patient != patient
    assert query.template.patient in ("A", "B", "C")
    assert query.template.index in (0, 2, 3)


def test_a_target_that_is_a_template_patient_gets_the_next_one_named() -> None:
    found = [reader().query(key(name, 1), LESION, 0).template.patient for name in "ABC"]
    assert found == ["B", "C", "A"]


def test_all_named_templates_are_drawn_on() -> None:
    targets = [key(f"X{number}", 1) for number in range(40)]
    assert {reader().query(t, LESION, 0).template.patient for t in targets} == {"A", "B", "C"}


def test_the_only_template_cannot_be_looked_for() -> None:
    with pytest.raises(DataError, match="no template for A"):
        reader(names=("A",)).query(key("A", 1), LESION, 0)


def test_a_query_is_the_same_whoever_else_is_asked_for() -> None:
    labels = square(40, 40, 30, size=SIZE)
    alone = reader().query(key("X", 1), labels, 0)
    one = reader()
    one.query(key("Y", 1), labels, 0)
    beside = one.query(key("X", 1), labels, 0)

    np.testing.assert_array_equal(alone.sketch, beside.sketch)
    assert alone.template == beside.template


def test_seeds_and_repetitions_draw_differently() -> None:
    labels = square(40, 40, 30, size=SIZE)
    drawings = [
        reader(seed).query(key("X", 1), labels, number).sketch
        for seed, number in ((0, 0), (1, 0), (0, 1))
    ]
    assert len({drawing.tobytes() for drawing in drawings}) == 3
    assert random_of(0, key("X", 1), 0).random() != random_of(0, key("X", 2), 0).random()
