"""What is measured of a ranking, counted by hand."""

import numpy as np
import pytest
from evaluation_world import MemoryReference, key, query_for, square

from sbmir.evaluation.measures import mean_of, outcome_of, rank_of

NOTHING = np.zeros((16, 16), np.uint8)
SKETCH = square(2, 2, 4)
"""16 pixels of oedema at the left; with 2 mm pixels 64 mm²."""


@pytest.fixture
def reference() -> MemoryReference:
    return MemoryReference(
        {
            "T": [NOTHING, square(2, 2, 4)],  # the target: the same
            "H": [NOTHING, square(2, 4, 4)],  # half of it, 4 mm to the side
            "N": [NOTHING, square(2, 2, 4, tissue=1)],  # another tissue at the same place
            "R": [NOTHING, square(2, 10, 4)],  # the other side
            "Z": [NOTHING, square(10, 10, 5)],  # elsewhere
            "W": [NOTHING, NOTHING],  # the template: no lesion
        }
    )


def measured(reference, patients: str, sketch=SKETCH, index: int = 1):
    ranking = tuple(key(name, index) for name in patients)
    return outcome_of(query_for(key("T", 1), key("W", 0), sketch), [ranking], reference)


def test_ranks_count_from_one() -> None:
    assert rank_of(key("T", 1), (key("A", 0), key("T", 7), key("B", 0))) == 2
    assert rank_of(key("T", 1), (key("A", 0), key("B", 0))) == 3


def test_the_targets_place_decides_success(reference) -> None:
    outcome = measured(reference, "HTNRZ")
    assert outcome.ranks == (2,)
    assert outcome.measures["rank"] == 2
    assert outcome.measures["reciprocal_rank"] == 0.5
    assert [outcome.measures[f"success_at_{k}"] for k in (1, 5, 10)] == [0, 1, 1]


def test_overlap_is_that_of_the_first_five(reference) -> None:
    found = measured(reference, "THNRZ").measures
    # Oedema: the same 1, half 0.5, another tissue 0, other side 0, elsewhere 0.
    assert found["dice_ed"] == pytest.approx(1.5 / 5)
    # Necrosis: only where N shows it, and the sketch does not.
    assert found["dice_net"] == 0
    assert found["dice_et"] is None
    # Mean over tissues that either shows: N has (0 + 0) / 2.
    assert found["dice"] == pytest.approx(1.5 / 5)
    assert found["dice_lesion"] == pytest.approx(2.5 / 5)
    assert found["size_ratio"] == pytest.approx((4 * 1 + 25 / 16) / 5)
    # Without the target: 0.5 of four.
    assert found["others_dice"] == pytest.approx(0.5 / 4)


def test_shifts_are_in_millimetres_and_only_where_there_is_a_lesion(reference) -> None:
    assert measured(reference, "H").measures["centroid_shift_mm"] == pytest.approx(4)
    assert measured(reference, "TH").measures["centroid_shift_mm"] == pytest.approx(2)
    healthy = measured(reference, "TH", index=0).measures
    assert healthy["centroid_shift_mm"] is None
    assert healthy["without_lesion"] == 1
    assert healthy["size_ratio"] == 0


def test_the_side_is_that_of_the_first_result_and_the_sketch(reference) -> None:
    assert measured(reference, "HTR").measures["side_agrees"] == 1
    assert measured(reference, "RHT").measures["side_agrees"] == 0
    assert measured(reference, "HT", index=0).measures["side_agrees"] == 0
    across = measured(reference, "HT", sketch=square(4, 4, 8)).measures
    assert across["side_agrees"] is None


def test_without_geometry_no_millimetres_are_claimed(reference) -> None:
    bare = MemoryReference({"T": [SKETCH], "H": [square(2, 4, 4)], "W": [NOTHING]}, known=False)
    found = measured(bare, "TH", index=0).measures
    assert found["centroid_shift_mm"] is None
    assert found["side_agrees"] is None
    assert found["dice_ed"] == pytest.approx(0.75)


def test_several_rankings_are_averaged(reference) -> None:
    query = query_for(key("T", 1), key("W", 0), SKETCH)
    rankings = [(key("T", 1), key("H", 1)), (key("H", 1), key("T", 1))]
    outcome = outcome_of(query, rankings, reference)
    assert outcome.ranks == (1, 2)
    assert outcome.measures["success_at_1"] == 0.5
    assert outcome.measures["reciprocal_rank"] == 0.75


def test_what_is_not_known_does_not_count() -> None:
    assert mean_of([1, None, 2]) == 1.5
    assert mean_of([None]) is None
