"""One history of all that is done, sketch mode, and refusals that say why."""

from __future__ import annotations

import pytest
from template_samples import LESION_SLICES, SHAPE, STRUCTURES

from App.model.sketch import Sketch
from App.presenter.sketching import SketchingPresenter
from App.tools import ADD, AUTO, ERASE, Effect, Held
from sbmir.labels import TissueClass

ED, ET, NET = TissueClass.ED, TissueClass.ET, TissueClass.NET
FIRST_SLICE = 4


@pytest.fixture
def presenter(qapp, template):
    presenter = SketchingPresenter(STRUCTURES, "T1")
    presenter.set_template(template)
    return presenter


@pytest.fixture
def sketching(presenter):
    presenter.set_sketching(True)
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


def covered(presenter, point_mm, tissue=ED):
    return presenter.sketch.covers(tissue, point_mm)


class TestStrokes:
    def test_a_drag_is_one_step_that_undo_takes_back_and_redo_brings_back(self, sketching):
        stroke(sketching, (20.0, 20.0), (25.0, 20.0), (30.0, 25.0))
        assert sketching.undo_stack.count() == 1
        drawn = sketching.sketch
        assert covered(sketching, (30.0, 25.0))
        sketching.undo_stack.undo()
        assert sketching.sketch.is_empty
        sketching.undo_stack.redo()
        assert sketching.sketch is drawn

    def test_what_is_shown_while_dragging_is_not_yet_what_is_searched_with(self, sketching):
        sketching.begin_stroke((20.0, 20.0), Held())
        sketching.extend_stroke((30.0, 20.0))
        assert sketching.shown_sketch.covers(ED, (30.0, 20.0))
        assert sketching.sketch.is_empty
        sketching.end_stroke()
        assert covered(sketching, (30.0, 20.0))

    def test_a_stroke_given_up_leaves_no_trace(self, sketching, qtbot):
        sketching.begin_stroke((20.0, 20.0), Held())
        with qtbot.waitSignal(sketching.stroke_changed):
            sketching.cancel_stroke()
        sketching.end_stroke()
        assert sketching.shown_sketch.is_empty
        assert sketching.undo_stack.count() == 0

    def test_undo_in_the_middle_of_a_drag_gives_up_the_drag(self, sketching):
        stroke(sketching, (20.0, 20.0))
        sketching.begin_stroke((40.0, 40.0), Held(shift=True))
        sketching.undo_stack.undo()
        sketching.extend_stroke((45.0, 40.0))
        sketching.end_stroke()
        assert sketching.shown_sketch.is_empty
        sketching.undo_stack.redo()
        assert covered(sketching, (20.0, 20.0))
        assert not covered(sketching, (40.0, 40.0))

    def test_a_stroke_that_changes_nothing_is_no_step(self, sketching):
        stroke(sketching, (20.0, 20.0), held=Held(ctrl=True))
        assert sketching.undo_stack.count() == 0

    def test_the_history_names_what_would_be_undone(self, sketching):
        stroke(sketching, (20.0, 20.0))
        assert sketching.undo_stack.undoText() == "draw Peritumoral edema"
        sketching.toolbox.set_rule(ERASE)
        stroke(sketching, (20.0, 22.0))
        assert sketching.undo_stack.undoText() == "erase Peritumoral edema"

    def test_each_structure_is_drawn_by_itself(self, sketching):
        stroke(sketching, (20.0, 20.0))
        sketching.toolbox.set_structure(ET)
        stroke(sketching, (20.0, 20.0))
        sketching.toolbox.set_rule(ERASE)
        stroke(sketching, (20.0, 20.0))
        assert covered(sketching, (20.0, 20.0), ED)
        assert not covered(sketching, (20.0, 20.0), ET)

    def test_clearing_a_structure_or_all_can_be_undone(self, sketching):
        stroke(sketching, (20.0, 20.0))
        sketching.toolbox.set_structure(ET)
        stroke(sketching, (40.0, 20.0))
        sketching.contours.clear_structure()
        assert set(sketching.sketch.regions) == {ED}
        sketching.contours.clear_structure()  # nothing left to clear: no step
        sketching.contours.clear_all()
        assert sketching.sketch.is_empty
        sketching.contours.clear_all()
        assert sketching.undo_stack.count() == 4
        sketching.undo_stack.undo()
        sketching.undo_stack.undo()
        assert set(sketching.sketch.regions) == {ED, ET}

    def test_the_tool_tells_beforehand_what_it_would_do(self, sketching):
        stroke(sketching, (20.0, 20.0))
        assert sketching.effect_at((20.0, 20.0), Held()) is Effect.ADD
        assert sketching.effect_at((50.0, 40.0), Held()) is Effect.ERASE
        sketching.toolbox.set_rule(ADD)
        assert sketching.effect_at((50.0, 40.0), Held()) is Effect.ADD
        sketching.set_sketching(False)
        assert sketching.effect_at((20.0, 20.0), Held()) is None


class TestSketchMode:
    def test_leaving_and_coming_back_keeps_the_sketch_and_its_history(self, sketching):
        stroke(sketching, (20.0, 20.0))
        drawn = sketching.sketch
        sketching.set_sketching(False)
        sketching.set_sketching(True)
        assert sketching.sketch is drawn
        assert sketching.undo_stack.canUndo()

    def test_the_slice_is_locked_while_it_is_on(self, sketching, refusals, qtbot):
        with qtbot.waitSignal(sketching.slice_changed) as shown:
            sketching.go_to_slice(2)
        assert shown.args == [FIRST_SLICE]  # a slider that was moved goes back
        assert sketching.slice_index == FIRST_SLICE
        assert "locked while you sketch" in refusals[0]

    def test_an_eraser_that_meets_nothing_says_so(self, sketching, refusals):
        stroke(sketching, (20.0, 20.0), held=Held(ctrl=True))
        assert sketching.undo_stack.count() == 0
        assert "nothing to erase" in refusals[0]
        stroke(sketching, (20.0, 20.0))
        stroke(sketching, (20.0, 20.0), held=Held(ctrl=True))
        assert len(refusals) == 1

    def test_a_drag_outside_sketch_mode_says_how_to_draw(self, presenter, refusals):
        stroke(presenter, (20.0, 20.0))
        assert presenter.sketch.is_empty
        assert refusals == ["Turn on sketch mode to draw."]

    @pytest.mark.parametrize("lesion_slice", LESION_SLICES)
    def test_a_slice_with_a_lesion_is_refused_saying_why(self, presenter, refusals, lesion_slice):
        presenter.go_to_slice(lesion_slice)
        states = []
        presenter.sketching_changed.connect(states.append)
        presenter.set_sketching(True)
        assert not presenter.is_sketching
        assert states == [False]  # the toggle springs back
        assert f"Slice {lesion_slice} of the template shows a lesion" in refusals[0]

    def test_undo_back_to_a_slice_with_a_lesion_leaves_sketch_mode(self, presenter, refusals):
        presenter.go_to_slice(LESION_SLICES[0])
        presenter.undo_stack.beginMacro("keep apart")
        presenter.undo_stack.endMacro()
        presenter.go_to_slice(FIRST_SLICE)
        presenter.set_sketching(True)
        presenter.undo_stack.undo()
        assert presenter.slice_index == LESION_SLICES[0]
        assert not presenter.is_sketching
        assert "shows a lesion" in refusals[0]

    def test_without_a_template_it_says_so(self, qapp):
        presenter = SketchingPresenter(STRUCTURES, "T1")
        told = []
        presenter.refused.connect(told.append)
        presenter.set_sketching(True)
        presenter.go_to_slice(3)
        assert told == ["There is no template patient yet."]
        assert presenter.slice_index == 0


class TestSlices:
    def test_wheeling_through_slices_is_one_step(self, presenter):
        for index in (3, 2, 1):
            presenter.go_to_slice(index)
        assert presenter.undo_stack.count() == 1
        presenter.undo_stack.undo()
        assert presenter.slice_index == FIRST_SLICE
        presenter.undo_stack.redo()
        assert presenter.slice_index == 1

    def test_wheeling_there_and_back_is_no_step(self, presenter):
        presenter.go_to_slice(3)
        presenter.go_to_slice(FIRST_SLICE)
        assert not presenter.undo_stack.canUndo()

    def test_slices_end_with_the_volume(self, presenter):
        presenter.go_to_slice(999)
        assert presenter.slice_index == SHAPE[2] - 1
        presenter.go_to_slice(-5)
        assert presenter.slice_index == 0

    def test_the_sketch_goes_along_to_another_slice(self, sketching):
        stroke(sketching, (20.0, 20.0))
        sketching.set_sketching(False)
        sketching.go_to_slice(2)
        assert covered(sketching, (20.0, 20.0))

    def test_another_template_keeps_the_sketch_and_starts_a_new_history(self, sketching, template):
        stroke(sketching, (20.0, 20.0))
        sketching.set_template(template)
        assert covered(sketching, (20.0, 20.0))
        assert not sketching.undo_stack.canUndo()
        assert not sketching.is_sketching

    def test_a_modality_that_the_template_lacks_gives_way_to_one_it_has(self, qapp, template):
        presenter = SketchingPresenter(STRUCTURES, "T1CE")
        presenter.set_template(template)
        assert presenter.modality == "T1"


class TestBrush:
    def test_it_begins_with_three_millimetres(self, presenter):
        assert presenter.toolbox.radius_mm == 3.0
        assert presenter.toolbox.rule is AUTO

    def test_it_stays_between_half_a_millimetre_and_fifty(self, presenter):
        presenter.toolbox.resize_brush(100)
        assert presenter.toolbox.radius_mm == 50.0
        presenter.toolbox.resize_brush(-200)
        assert presenter.toolbox.radius_mm == 0.5

    def test_each_step_is_felt_and_stays_a_tidy_number(self, presenter):
        for steps in (-1, 1):
            before = presenter.toolbox.radius_mm
            presenter.toolbox.resize_brush(steps)
            assert (presenter.toolbox.radius_mm - before) * steps >= 0.5
            assert presenter.toolbox.radius_mm * 2 == int(presenter.toolbox.radius_mm * 2)

    def test_resized_in_the_middle_of_a_drag_it_draws_broader_from_there_on(self, sketching):
        sketching.begin_stroke((10.0, 20.0), Held())
        sketching.extend_stroke((14.0, 20.0))
        sketching.toolbox.set_radius_mm(10)
        sketching.extend_stroke((34.0, 20.0))
        sketching.end_stroke()
        assert covered(sketching, (34.0, 29.0))
        assert not covered(sketching, (10.0, 24.0))


def test_a_sketch_of_its_own_belongs_to_each_window(qapp, template):
    first, second = (SketchingPresenter(STRUCTURES, "T1") for _ in range(2))
    for presenter in (first, second):
        presenter.set_template(template)
    first.set_sketching(True)
    stroke(first, (20.0, 20.0))
    assert isinstance(second.sketch, Sketch)
    assert second.sketch.is_empty
    assert not second.is_sketching
