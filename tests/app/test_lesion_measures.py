"""Area, diameter and side of what is drawn are those of the shapes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from App.model.lesion_measures import measure_region, measure_whole
from App.model.picture import Letters
from App.model.sketch import Sketch
from App.widget.contour_module.boolean import difference
from App.widget.contour_module.contour import Contour
from sbmir.catalogue import Side, make_catalogue
from sbmir.labels import TissueClass
from sbmir.volumes import Geometry

ED, ET, NET = TissueClass.ED, TissueClass.ET, TissueClass.NET
EXTENT_MM = (100.0, 80.0)
LETTERS = Letters(left="L", right="R", top="A", bottom="P")


def rectangle(left, top, right, bottom):
    return Contour(np.array([[left, top], [right, top], [right, bottom], [left, bottom]], float))


def side(region, letters=LETTERS):
    return measure_region(region, EXTENT_MM, letters).side


def test_a_ring_is_measured_without_its_hole_and_across_it():
    ring = difference([rectangle(10, 10, 40, 50)], [rectangle(20, 20, 30, 30)])
    found = measure_region(ring, EXTENT_MM, LETTERS)
    assert found.area_mm2 == pytest.approx(1100)
    assert found.diameter.length_mm == pytest.approx(50)


def test_nothing_has_no_measures():
    assert measure_region((), EXTENT_MM, LETTERS) is None
    assert measure_whole(Sketch(), (), EXTENT_MM, LETTERS) is None


def test_each_structure_is_measured_as_drawn_and_the_whole_lesion_once():
    enhancing = (rectangle(5, 2, 9, 5), rectangle(18, 0, 21, 4))
    sketch = Sketch({ED: (rectangle(0, 0, 20, 10),), ET: enhancing})
    found = [measure_region(r, EXTENT_MM, LETTERS) for r in sketch.regions.values()]
    assert [measures.area_mm2 for measures in found] == [200, 24]
    assert found[1].diameter.length_mm == 5  # of one of the two, not across both
    whole = measure_whole(sketch, found, EXTENT_MM, LETTERS)
    assert whole.area_mm2 == pytest.approx(204)
    assert whole.diameter.length_mm == pytest.approx(math.hypot(21, 10), abs=0.05)


def test_the_whole_lesion_is_never_smaller_than_what_lies_in_it():
    angles = np.linspace(0, 2 * math.pi, 500, endpoint=False)
    round_one = Contour(np.stack((40 + 20 * np.cos(angles), 40 + 20 * np.sin(angles)), axis=1))
    sketch = Sketch({ED: (round_one,), NET: (rectangle(38, 38, 42, 42),)})
    found = [measure_region(r, EXTENT_MM, LETTERS) for r in sketch.regions.values()]
    whole = measure_whole(sketch, found, EXTENT_MM, LETTERS)
    assert whole.area_mm2 >= found[0].area_mm2
    assert whole.diameter.length_mm >= found[0].diameter.length_mm


def test_the_side_is_the_patients_and_not_the_pictures():
    assert side([rectangle(1, 1, 30, 30)]) is Side.LEFT
    assert side([rectangle(50, 1, 79, 30)]) is Side.RIGHT
    mirrored = Letters(left="R", right="L", top="A", bottom="P")
    assert side([rectangle(1, 1, 30, 30)], mirrored) is Side.RIGHT
    assert side([rectangle(1, 1, 30, 30)], Letters("A", "P", "S", "I")) is None


@pytest.mark.parametrize("right_edge", [40, 42, 43, 44, 45, 60, 80])
def test_a_sketch_has_the_side_that_the_same_lesion_has_in_the_database(right_edge):
    labels = np.zeros((80, 80), np.uint8)
    labels[10:20, 10:right_edge] = ED
    affine = np.diag([-1.0, -1.25, 1.0, 1.0])
    catalogue = make_catalogue("P1", [labels], Geometry((80, 80, 1), affine))
    assert side([rectangle(10, 12.5, right_edge, 25)]) is catalogue.slices[0].side
