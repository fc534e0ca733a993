"""Figures with intervals, of all targets and of kinds of lesions."""

import numpy as np
import pytest
from evaluation_world import MemoryReference, key, square
from hypothesis import given
from hypothesis import strategies as st

from sbmir.estimates import bootstrap
from sbmir.evaluation.measures import Outcome
from sbmir.evaluation.montage import best_and_worst
from sbmir.evaluation.reader import ReaderQuery
from sbmir.evaluation.summary import (
    Stratum,
    size_of,
    strata_of,
    success_curve,
    summarise,
    summarise_strata,
)

SKETCH = square(2, 2, 4)


def outcome(patient: str, rank: int, number: int = 0, dice: float | None = 0.5) -> Outcome:
    query = ReaderQuery(key(patient, 1), key("W", 0), SKETCH, number)
    measures = {
        "rank": float(rank),
        "reciprocal_rank": 1 / rank,
        "success_at_1": float(rank == 1),
        "dice": dice,
    }
    return Outcome(query, (rank,), (), measures)


def test_means_and_the_median_rank_are_over_targets() -> None:
    found = summarise([outcome("A", 1), outcome("B", 2), outcome("C", 6)], seed=0)
    assert found["success_at_1"].value == pytest.approx(1 / 3)
    assert found["reciprocal_rank"].value == pytest.approx((1 + 1 / 2 + 1 / 6) / 3)
    assert found["median_rank"].value == 2
    assert found["success_at_1"].n == 3
    assert "rank" not in found


def test_sketches_of_one_target_count_once() -> None:
    twice = [outcome("A", 1, 0), outcome("A", 2, 1), outcome("B", 2)]
    found = summarise(twice, seed=0)
    assert found["success_at_1"].value == pytest.approx((0.5 + 0) / 2)
    assert found["success_at_1"].n == 2
    assert success_curve(twice, 3) == pytest.approx([0.25, 1, 1])


def test_what_is_not_known_of_a_target_is_left_out() -> None:
    found = summarise([outcome("A", 1, dice=0.8), outcome("B", 1, dice=None)], seed=0)
    assert (found["dice"].value, found["dice"].n) == (0.8, 1)
    assert "dice" not in summarise([outcome("A", 1, dice=None)], seed=0)
    assert summarise([], seed=0) == {}


def test_an_interval_is_about_that_of_theory() -> None:
    values = np.random.default_rng(0).normal(5, 2, 400)
    found = bootstrap(values, 0, lambda x: np.mean(x, axis=-1))
    error = 1.96 * values.std() / np.sqrt(400)
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - error, abs=0.04)
    assert found.high == pytest.approx(values.mean() + error, abs=0.04)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.integers(0, 99))
def test_an_interval_holds_its_mean_and_stays_the_same(values, seed) -> None:
    one, other = (
        bootstrap(np.array(values), seed, lambda x: np.mean(x, axis=-1)) for _ in range(2)
    )
    assert one == other
    assert min(values) - 1e-9 <= one.low <= one.high <= max(values) + 1e-9


def test_lesions_are_told_apart_by_size_side_and_enhancement() -> None:
    nothing = np.zeros((16, 16), np.uint8)
    both = square(2, 2, 12)
    both[4, 4] = 3
    reference = MemoryReference({"L": [nothing, square(2, 2, 4)], "B": [nothing, both]})
    left, across = strata_of(key("L", 1), reference), strata_of(key("B", 1), reference)
    assert left == {
        Stratum.SIZE: "below 15 cm²",  # 16 pixels of 4 mm²
        Stratum.SIDE: "left",
        Stratum.ENHANCEMENT: "not enhancing",
    }
    assert (across[Stratum.SIDE], across[Stratum.ENHANCEMENT]) == ("both", "enhancing")
    bare = MemoryReference({"L": [nothing, square(2, 2, 4)]}, known=False)
    assert strata_of(key("L", 1), bare)[Stratum.SIZE] == "unknown"
    assert strata_of(key("L", 1), bare)[Stratum.SIDE] == "unknown"


def test_sizes_part_at_their_limits() -> None:
    assert [size_of(area) for area in (0, 14.9, 15, 29.9, 30, 90)] == [
        *["below 15 cm²"] * 2,
        *["15 to 30 cm²"] * 2,
        *["from 30 cm²"] * 2,
    ]


def test_each_kind_is_summarised_by_itself() -> None:
    outcomes = [outcome("A", 1), outcome("B", 2), outcome("C", 4)]
    kinds = {"A": "left", "B": "right", "C": "right"}
    strata = {
        key(name, 1): {Stratum.SIZE: "unknown", Stratum.SIDE: side, Stratum.ENHANCEMENT: "unknown"}
        for name, side in kinds.items()
    }
    found = summarise_strata(outcomes, strata, seed=0)[Stratum.SIDE]
    assert list(found) == ["left", "right"]
    assert found["left"]["success_at_1"].value == 1
    assert found["right"]["median_rank"].value == 3
    assert found["right"]["median_rank"].n == 2


def test_best_and_worst_cases_are_different_ones() -> None:
    outcomes = [outcome(name, rank) for name, rank in zip("ABCDEFGH", range(1, 9), strict=True)]
    best, worst = best_and_worst(outcomes)
    assert [one.ranks[0] for one in best] == [1, 2, 3]
    assert [one.ranks[0] for one in worst] == [8, 7, 6]
    best, worst = best_and_worst(outcomes[:3])
    assert ([one.ranks[0] for one in best], [one.ranks[0] for one in worst]) == ([1, 2], [3])
    assert best_and_worst(outcomes[:1]) == (outcomes[:1], [])


def test_of_equal_ranks_the_more_alike_is_the_better_case() -> None:
    unlike, alike = outcome("A", 1, dice=0.1), outcome("B", 1, dice=0.7)
    assert best_and_worst([unlike, alike]) == ([alike], [unlike])
