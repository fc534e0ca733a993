"""Whatever is done in whatever order, the sketch is what a simple reference says."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from template_samples import LESION_SLICES, STRUCTURES

from App.model.sketch import Sketch
from App.presenter.sketching import UNDO_STEPS, SketchingPresenter
from App.tools import BRUSH, PEN, Held
from App.widget.contour_module.contour import Contour
from sbmir.labels import TissueClass

ED, ET, NET = TISSUES = (TissueClass.ED, TissueClass.ET, TissueClass.NET)
WIDTH_MM, HEIGHT_MM = 60.0, 48.0
# Nearer to an edge, a pixel may be drawn or not: corners of the "disc", thinning of contours.
UNSURE_MM = 0.15


class Reference:
    """The history as plainly as it can be written: a list of states and a place in it.

    Pixels are known to be drawn, known to be free, or too near an edge to tell. Each step also
    notes the very drawings before and after it, which undo and redo have to bring back.
    """

    def __init__(self, slice_index):
        x, y = np.meshgrid(np.arange(0.5, WIDTH_MM), np.arange(0.5, HEIGHT_MM))
        self.x, self.y = x, y
        self.pixels = shapely.points(x, y)
        self.states = [(self.blank(TISSUES), slice_index)]
        self.steps = [("start", None, None)]
        self.place = 0

    @property
    def now(self):
        return self.states[self.place]

    def blank(self, tissues):
        return {t: (np.zeros_like(self.x, bool), np.ones_like(self.x, bool)) for t in tissues}

    def push(self, regions, slice_index, kind, drawings):
        del self.states[self.place + 1 :], self.steps[self.place + 1 :]
        self.states.append((regions, slice_index))
        self.steps.append((kind, *drawings))
        self.place += 1
        if self.place > UNDO_STEPS:
            del self.states[0], self.steps[1]
            self.place -= 1

    def area(self, shape):
        """Pixels surely in a shape, and those surely out of it."""
        inside = shapely.contains_xy(shape, self.x, self.y)
        far = shapely.distance(self.pixels, shape.boundary) > UNSURE_MM
        return inside & far, ~inside & far

    def stroke(self, tissue, shape, adds, drawings):
        regions, slice_index = self.now
        (drawn, free), (within, beyond) = regions[tissue], self.area(shape)
        changed = (drawn | within, free & beyond) if adds else (drawn & beyond, free | within)
        self.push({**regions, tissue: changed}, slice_index, "stroke", drawings)

    def remove(self, tissue, contour, drawings):
        regions, slice_index = self.now
        drawn, free = regions[tissue]
        gone = shapely.contains_xy(polygon(contour), self.x, self.y)
        self.push(
            {**regions, tissue: (drawn & ~gone, free | gone)}, slice_index, "remove", drawings
        )

    def clear(self, tissues, drawings):
        regions, slice_index = self.now
        self.push({**regions, **self.blank(tissues)}, slice_index, "clear", drawings)

    def load(self, boxes, slice_index, drawings):
        loaded = {tissue: self.area(box) for tissue, box in boxes.items()}
        self.push({**self.blank(TISSUES), **loaded}, slice_index, "load", drawings)

    def go_to_slice(self, index):
        regions, _ = self.now
        if self.steps[self.place][0] == "slice":
            self.place -= 1
            del self.states[self.place + 1 :], self.steps[self.place + 1 :]
            if self.now[1] == index:
                return
        self.push(regions, index, "slice", (None, None))


def polygon(contour):
    return shapely.Polygon(contour.outer, contour.holes)


def held_for(adds):
    return Held(shift=adds, ctrl=not adds)


class Hand:
    """Does random things with a presenter, and tells a reference."""

    def __init__(self, presenter, seed):
        self.presenter = presenter
        self.random = np.random.default_rng(seed)
        self.reference = Reference(presenter.slice_index)
        self.kinds = {
            self.brush: 0.25,
            self.pen: 0.1,
            self.undo: 0.22,
            self.redo: 0.18,
            self.choose: 0.09,
            self.remove: 0.05,
            self.clear: 0.01,
            self.load: 0.03,
            self.go_to_slice: 0.04,
            self.give_up: 0.03,
        }

    def step(self):
        self.random.choice(list(self.kinds), p=list(self.kinds.values()))()

    def check(self):
        presenter, reference = self.presenter, self.reference
        regions, slice_index = reference.now
        assert presenter.slice_index == slice_index
        assert presenter.undo_stack.index() == reference.place
        for tissue, (drawn, free) in regions.items():
            region = presenter.sketch.region(tissue)
            shapes = [polygon(contour) for contour in region]
            assert all(shapely.is_valid(shapes))
            found = shapely.contains_xy(shapely.union_all(shapes), reference.x, reference.y)
            assert not np.any(drawn & ~found)
            assert not np.any(free & found)
            active = presenter.drawing.active_contour(tissue)
            assert active is None or any(active is contour for contour in region)

    def take(self, tool):
        self.presenter.set_sketching(True)
        self.presenter.toolbox.set_tool(tool)
        tissue = TISSUES[self.random.integers(3)]
        self.presenter.toolbox.set_structure(tissue)
        return tissue

    def drag(self, tissue, path, shape):
        """Draw, by a key or by the published rule."""
        before = self.presenter.drawing
        adds, held = bool(self.random.random() < 0.6), None
        active = before.active_contour(tissue)
        start = shapely.Point(path[0])
        if self.random.random() < 0.3 and (active is None or clear_of(active, start)):
            adds, held = active is None or polygon(active).contains(start), Held()
        self.presenter.begin_stroke(path[0], held or held_for(adds))
        for point in path[1:]:
            self.presenter.extend_stroke(point)
        self.presenter.end_stroke()
        if self.presenter.drawing is not before:
            self.reference.stroke(tissue, shape, adds, (before, self.presenter.drawing))

    def brush(self):
        tissue = self.take(BRUSH)
        radius_mm = float(self.random.uniform(1, 6))
        self.presenter.toolbox.set_radius_mm(radius_mm)
        start = self.random.uniform((0, 0), (WIDTH_MM, HEIGHT_MM))
        moves = self.random.normal(0, 4, (self.random.integers(1, 4), 2)).cumsum(axis=0)
        path = [tuple(point) for point in (start + moves).tolist()]
        way = shapely.LineString([*path, path[-1]])
        self.drag(tissue, path, way.buffer(radius_mm, quad_segs=32))

    def pen(self):
        tissue = self.take(PEN)
        angles = np.linspace(0, 2 * np.pi, 12, endpoint=False)
        reach = self.random.uniform(2, 8, 12)
        center = self.random.uniform((0, 0), (WIDTH_MM, HEIGHT_MM))
        points = center + np.stack((reach * np.cos(angles), reach * np.sin(angles)), axis=1)
        self.drag(tissue, [tuple(point) for point in points.tolist()], shapely.Polygon(points))

    def undo(self):
        _, before, _ = self.reference.steps[self.reference.place]
        expected = before or self.presenter.drawing
        self.presenter.undo_stack.undo()
        self.reference.place = max(self.reference.place - 1, 0)
        assert self.presenter.drawing is expected

    def redo(self):
        expected = self.presenter.drawing
        if self.reference.place + 1 < len(self.reference.states):
            self.reference.place += 1
            expected = self.reference.steps[self.reference.place][2] or expected
        self.presenter.undo_stack.redo()
        assert self.presenter.drawing is expected

    def choose(self):
        contours, sketch = self.presenter.contours, self.presenter.sketch
        point = tuple(self.random.uniform((0, 0), (WIDTH_MM, HEIGHT_MM)).tolist())
        contours.point_at(point)
        self.random.choice([contours.add, contours.next, contours.select])()
        assert self.presenter.sketch is sketch

    def remove(self):
        before = self.presenter.drawing
        tissue = self.presenter.toolbox.structure.tissue
        contour = before.active_contour(tissue)
        self.presenter.contours.remove()
        if contour is not None:
            self.reference.remove(tissue, contour, (before, self.presenter.drawing))

    def clear(self):
        before = self.presenter.drawing
        contours, tissue = self.presenter.contours, self.presenter.toolbox.structure.tissue
        tissues, clear = (TISSUES, contours.clear_all)
        if self.random.random() < 0.7:
            tissues, clear = ([tissue], contours.clear_structure)
        clear()
        if any(before.sketch.region(t) for t in tissues):
            self.reference.clear(tissues, (before, self.presenter.drawing))

    def load(self):
        before = self.presenter.drawing
        boxes = {}
        for tissue in TISSUES[: self.random.integers(1, 4)]:
            left, top = self.random.uniform((0, 0), (WIDTH_MM - 12, HEIGHT_MM - 12))
            boxes[tissue] = shapely.box(left, top, left + 10, top + 9)
        sketch = Sketch({t: (Contour(ring_of(box)),) for t, box in boxes.items()})
        index = int(self.random.integers(LESION_SLICES[0]))
        self.presenter.load_sketch(sketch, "open", index)
        self.reference.load(boxes, index, (before, self.presenter.drawing))

    def go_to_slice(self):
        self.presenter.set_sketching(False)
        index = int(self.random.integers(LESION_SLICES[0]))
        if index != self.presenter.slice_index:
            self.reference.go_to_slice(index)
        self.presenter.go_to_slice(index)

    def give_up(self):
        self.take(BRUSH)
        self.presenter.begin_stroke((30.0, 20.0), Held())
        self.presenter.extend_stroke((50.0, 40.0))
        self.presenter.cancel_stroke()


def clear_of(contour, point):
    return polygon(contour).boundary.distance(point) > UNSURE_MM


def ring_of(box):
    return np.array(shapely.orient_polygons(box).exterior.coords[:-1])


def run(template, steps, seed):
    presenter = SketchingPresenter(STRUCTURES, "T1")
    presenter.set_template(template)
    hand = Hand(presenter, seed)
    for _ in range(steps):
        hand.step()
        hand.check()


def test_a_hundred_and_fifty_random_steps(qapp, template):
    run(template, 150, 20261123)


@pytest.mark.slow
@pytest.mark.timeout(1200)  # on a busy machine
def test_ten_thousand_random_steps(qapp, template):
    run(template, 10_000, 20261124)
