"""A contour is a value: it cannot change under the undo history that holds it."""

from __future__ import annotations

import numpy as np
import pytest
from contour_samples import circle, rectangle

from App.widget.contour_module.contour import Contour
from sbmir.errors import DataError


def test_it_does_not_change_with_the_array_it_came_from():
    points = np.array([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]])
    contour = Contour(points)
    points[0] = 100
    assert contour.outer[0].tolist() == [0, 0]
    with pytest.raises(ValueError, match="read-only"):
        contour.outer[0] = 1


def test_equal_points_make_equal_contours():
    hole = rectangle(2, 2, 3, 3).outer
    frame = Contour(rectangle(0, 0, 9, 9).outer, (hole,))
    assert frame == Contour(rectangle(0, 0, 9, 9).outer, (hole.copy(),))
    assert hash(frame) == hash(Contour(frame.outer, (hole.copy(),)))
    assert frame != rectangle(0, 0, 9, 9)
    assert frame != "frame"
    assert frame.n_points == 8


def test_two_points_enclose_nothing():
    with pytest.raises(DataError, match="only 2 points"):
        Contour(circle(0, 0, 1).outer[:2])
