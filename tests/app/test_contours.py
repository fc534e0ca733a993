"""Several contours a structure: which one strokes change, and loading a whole sketch."""

from __future__ import annotations

import numpy as np
import pytest
from template_samples import LESION_SLICES, STRUCTURES

from App.model.drawing import Drawing
from App.model.sketch import Sketch
from App.presenter.sketching import SketchingPresenter
from App.tools import PEN, Effect, Held
from App.widget.contour_module.contour import Contour
from App.widget.contour_module.measure import area_mm2
from sbmir.labels import TissueClass

ED, ET, NET = TissueClass.ED, TissueClass.ET, TissueClass.NET
FIRST_SLICE = 4
LEFT, RIGHT = (12.0, 20.0), (45.0, 20.0)


@pytest.fixture
def presenter(qapp, template):
    presenter = SketchingPresenter(STRUCTURES, "T1")
    presenter.set_template(template)
    return presenter


@pytest.fixture
def two(presenter):
    """Two contours of the oedema, that on the right active."""
    presenter.set_sketching(True)
    stroke(presenter, LEFT)
    presenter.contours.add()
    stroke(presenter, RIGHT)
    return presenter


@pytest.fixture
def refusals(presenter):
    told = []
    presenter.refused.connect(told.append)
    return told


def stroke(presenter, *path_mm, held=Held()):  # noqa: B008 (frozen)
    presenter.begin_stroke(path_mm[0], held)
    for point_mm in path_mm[1:]:
        presenter.extend_stroke(point_mm)
    presenter.end_stroke()


def box(left, top, right, bottom):
    return Contour(np.array([[left, top], [right, top], [right, bottom], [left, bottom]], float))


def active(presenter, tissue=ED):
    return presenter.drawing.active_contour(tissue)


def is_active(presenter, point_mm, tissue=ED):
    return active(presenter, tissue) is presenter.drawing.contour_at(tissue, point_mm)


class TestActiveContour:
    def test_the_contour_of_the_last_stroke_is_active(self, two):
        assert len(two.sketch.region(ED)) == 2
        assert is_active(two, RIGHT)

    def test_starting_in_another_contour_than_the_active_one_takes_away(self, two):
        assert two.effect_at(RIGHT, Held()) is Effect.ADD
        assert two.effect_at(LEFT, Held()) is Effect.ERASE
        stroke(two, LEFT)
        assert len(two.sketch.region(ED)) == 1
        assert is_active(two, RIGHT)

    def test_a_new_contour_that_meets_another_joins_it(self, two):
        two.contours.add()
        stroke(two, (17.0, 20.0))
        assert len(two.sketch.region(ED)) == 2
        assert is_active(two, LEFT)

    def test_a_stroke_that_joins_two_contours_leaves_the_joint_one_active(self, two):
        stroke(two, RIGHT, LEFT)
        assert len(two.sketch.region(ED)) == 1
        assert is_active(two, LEFT)

    def test_shift_adds_a_contour_beside_the_active_one(self, two):
        stroke(two, (30.0, 38.0), held=Held(shift=True))
        assert len(two.sketch.region(ED)) == 3
        assert is_active(two, (30.0, 38.0))

    def test_of_a_contour_cut_in_two_the_larger_piece_is_active(self, two):
        stroke(two, RIGHT, (52.0, 20.0))
        stroke(two, (47.0, 14.0), (47.0, 26.0), held=Held(ctrl=True))
        assert len(two.sketch.region(ED)) == 3
        pieces = [c for c in two.sketch.region(ED) if c.bounds_mm[0] > 30]
        assert active(two) is max(pieces, key=lambda c: area_mm2([c]))

    def test_with_the_active_contour_wiped_out_the_next_stroke_makes_one(self, two):
        two.toolbox.set_radius_mm(6)
        stroke(two, RIGHT, held=Held(ctrl=True))
        assert active(two) is None
        assert two.effect_at((30.0, 38.0), Held()) is Effect.ADD

    def test_undo_brings_back_what_was_active(self, two):
        before = active(two)
        stroke(two, (45.0, 24.0))
        assert active(two) is not before
        two.undo_stack.undo()
        assert active(two) is before

    def test_each_structure_has_an_active_contour_of_its_own(self, two):
        two.toolbox.set_structure(ET)
        assert two.effect_at(LEFT, Held()) is Effect.ADD
        stroke(two, LEFT)
        two.toolbox.set_structure(ED)
        assert is_active(two, RIGHT)


class TestChoosing:
    def test_change_goes_through_the_contours_from_left_to_right(self, two):
        two.contours.next()
        assert is_active(two, LEFT)
        two.contours.next()
        assert is_active(two, RIGHT)

    def test_choosing_is_told_but_is_no_step(self, two, qtbot):
        steps = two.undo_stack.count()
        with qtbot.waitSignal(two.active_changed), qtbot.assertNotEmitted(two.sketch_changed):
            two.contours.next()
        assert two.undo_stack.count() == steps

    def test_remove_takes_the_active_contour_and_is_one_step(self, two):
        two.contours.next()
        two.contours.remove()
        assert two.undo_stack.undoText() == "remove a contour of Peritumoral edema"
        (left,) = two.sketch.region(ED)
        assert left.bounds_mm[0] > 30
        assert active(two) is None
        two.undo_stack.undo()
        assert is_active(two, LEFT)

    def test_without_an_active_contour_it_says_how_to_choose_one(self, two, refusals):
        two.contours.add()
        two.contours.remove()
        assert len(two.sketch.region(ED)) == 2
        assert "No contour is active" in refusals[0]

    def test_select_takes_the_structure_and_contour_that_lie_on_top(self, two):
        two.toolbox.set_structure(ET)
        stroke(two, LEFT)
        two.toolbox.set_structure(NET)
        two.contours.point_at(LEFT)
        two.contours.select()
        assert two.toolbox.structure.tissue == ET
        two.appearance.set_shown(ET, False)
        two.contours.select()
        assert two.toolbox.structure.tissue == ED
        assert is_active(two, LEFT)

    @pytest.mark.parametrize("place", [None, (30.0, 40.0)])
    def test_with_nothing_under_the_pointer_it_says_so(self, two, refusals, place):
        two.contours.point_at(place)
        two.contours.select()
        assert refusals == ["There is no contour under the pointer."]

    def test_with_nothing_drawn_there_is_nothing_to_change_to(self, presenter, refusals):
        presenter.contours.next()
        assert refusals == ["Nothing is drawn of this structure yet."]


class TestPen:
    def test_an_outline_is_closed_and_filled_when_the_pointer_is_released(self, presenter):
        presenter.set_sketching(True)
        presenter.toolbox.set_tool(PEN)
        presenter.begin_stroke((20.0, 10.0), Held())
        for point in ((30.0, 10.0), (30.0, 20.0), (20.0, 20.0)):
            presenter.extend_stroke(point)
        assert presenter.shown_sketch.is_empty
        assert presenter.outline_mm[-1] == (20.0, 20.0)
        presenter.end_stroke()
        assert area_mm2(presenter.sketch.region(ED)) == pytest.approx(100)
        assert not presenter.outline_mm
        assert presenter.undo_stack.count() == 1

    def test_a_loop_at_the_end_of_an_outline_is_no_hole_and_no_second_contour(self, presenter):
        presenter.set_sketching(True)
        presenter.toolbox.set_tool(PEN)
        stroke(presenter, (20.0, 10.0), (40.0, 10.0), (40.0, 30.0), (20.0, 30.0), (20.0, 9.0),
               (20.5, 9.5))  # fmt: skip
        (contour,) = presenter.sketch.region(ED)
        assert not contour.holes
        assert area_mm2([contour]) == pytest.approx(400, rel=0.01)

    def test_a_mere_click_or_line_draws_nothing(self, presenter):
        presenter.set_sketching(True)
        presenter.toolbox.set_tool(PEN)
        stroke(presenter, (20.0, 10.0))
        stroke(presenter, (20.0, 10.0), (30.0, 10.0), (40.0, 10.0))
        assert presenter.undo_stack.count() == 0

    def test_started_outside_the_active_contour_it_cuts_out(self, two):
        before = area_mm2(two.sketch.region(ED))
        two.toolbox.set_tool(PEN)
        stroke(two, (45.0, 10.0), (60.0, 10.0), (60.0, 30.0), (45.0, 30.0))
        assert area_mm2(two.sketch.region(ED)) == pytest.approx(before * 0.75, rel=0.01)

    def test_it_draws_nothing_beyond_the_picture(self, presenter):
        presenter.set_sketching(True)
        presenter.toolbox.set_tool(PEN)
        stroke(presenter, (-20.0, 10.0), (10.0, 10.0), (10.0, 20.0), (-20.0, 20.0))
        assert presenter.sketch.region(ED)[0].bounds_mm == (0.0, 10.0, 10.0, 20.0)


class TestLoading:
    loaded = Sketch({ED: (box(5, 5, 25, 25), box(30, 5, 34, 9)), ET: (box(10, 10, 15, 15),)})

    def test_sketch_and_slice_are_one_step(self, two):
        drawn = two.drawing
        two.load_sketch(self.loaded, "open a sketch", 2)
        assert two.sketch is self.loaded
        assert two.slice_index == 2
        assert two.undo_stack.undoText() == "open a sketch"
        two.undo_stack.undo()
        assert two.drawing is drawn
        assert two.slice_index == FIRST_SLICE
        two.undo_stack.redo()
        assert two.sketch is self.loaded
        assert two.slice_index == 2

    def test_it_works_outside_sketch_mode_and_keeps_the_slice_where_none_is_named(self, presenter):
        presenter.load_sketch(self.loaded, "open a sketch")
        assert presenter.sketch is self.loaded
        assert presenter.slice_index == FIRST_SLICE
        assert not presenter.is_sketching

    def test_the_largest_contour_of_each_structure_is_active(self, presenter):
        presenter.load_sketch(self.loaded, "open a sketch")
        assert active(presenter) is self.loaded.region(ED)[0]
        assert active(presenter, ET) is self.loaded.region(ET)[0]

    @pytest.mark.parametrize(
        ("index", "why"), [(LESION_SLICES[0], "shows a lesion"), (99, "no slice 99")]
    )
    def test_a_slice_that_one_cannot_sketch_on_is_refused(self, two, refusals, index, why):
        drawn, steps = two.drawing, two.undo_stack.count()
        two.load_sketch(self.loaded, "open a sketch", index)
        assert why in refusals[0]
        assert two.drawing is drawn
        assert two.undo_stack.count() == steps

    def test_a_stroke_that_is_being_drawn_is_given_up(self, two):
        two.begin_stroke(LEFT, Held())
        two.load_sketch(self.loaded, "open a sketch")
        two.end_stroke()
        assert two.sketch is self.loaded

    def test_loading_what_is_there_is_no_step(self, presenter):
        presenter.load_sketch(self.loaded, "open a sketch")
        presenter.load_sketch(self.loaded, "open a sketch", FIRST_SLICE)
        assert presenter.undo_stack.count() == 1


def test_who_draws_a_hidden_structure_sees_it_again(two):
    two.appearance.set_shown(ED, False)
    stroke(two, RIGHT)
    assert two.appearance.is_shown(ED)


def test_a_drawing_forgets_an_active_contour_that_its_sketch_lacks():
    assert Drawing(Sketch(), {ED: box(0, 0, 1, 1)}).active_contour(ED) is None
