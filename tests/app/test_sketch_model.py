"""What is drawn is what is searched with: regions against shapely, label maps by hand."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from App.model.drawing import Drawing
from App.model.sketch import Sketch, within
from App.tools import ADD, AUTO, BRUSH, ERASE, PEN, Effect, Held, Sheet
from App.widget.contour_module.contour import Contour
from App.widget.contour_module.measure import area_mm2
from App.widget.contour_module.stroke import stroke_region
from sbmir.labels import TissueClass

ED, ET, NET = TissueClass.ED, TissueClass.ET, TissueClass.NET
EXTENT_MM = (60.0, 80.0)
# Corners of the "disc", thinning of contours, and hairs that are dropped.
TOLERANCE_MM = 0.15
SMALLEST_AREA_MM2 = 0.01

# In thousandths of a millimetre: shapely itself fails on differences of 1e-268.
points = st.tuples(st.integers(-5_000, 85_000), st.integers(-5_000, 65_000)).map(
    lambda point: (point[0] / 1000, point[1] / 1000)
)
strokes = st.lists(
    st.tuples(
        st.sampled_from([ED, ET]),
        st.sampled_from([ADD, ADD, ERASE]),
        st.floats(0.5, 15),
        st.lists(points, min_size=1, max_size=6),
    ),
    min_size=1,
    max_size=8,
)


def rectangle(left, top, right, bottom):
    return Contour(np.array([[left, top], [right, top], [right, bottom], [left, bottom]], float))


def polygons(region):
    return shapely.union_all([shapely.Polygon(c.outer, c.holes) for c in region])


def draw(sketch, rule, tissue, radius_mm, path):
    sheet = Sheet(Drawing.of(sketch), tissue, rule, EXTENT_MM)
    stroke = BRUSH.stroke(sheet, sheet.effect(path[0], Held()), path[0], radius_mm)
    for point in path[1:]:
        stroke.extend(point, radius_mm)
    return stroke.finished().sketch


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@example([(ED, ADD, 1.0, [(-0.002, 0.0), (0.0, -0.001), (0.0, -0.002), (0.0, 0.0), (-0.002, 0.0)])])
@given(strokes)
def test_many_more_strokes_leave_the_valid_region_that_shapely_finds(drawn):
    check_against_shapely(drawn)


@settings(max_examples=10, deadline=None)
@given(strokes)
def test_any_strokes_leave_the_valid_region_that_shapely_finds(drawn):
    check_against_shapely(drawn)


def check_against_shapely(drawn):
    sketch = Sketch()
    picture = shapely.box(0, 0, EXTENT_MM[1], EXTENT_MM[0])
    expected = {ED: shapely.Polygon(), ET: shapely.Polygon()}
    edges = {ED: [picture.boundary], ET: [picture.boundary]}
    for tissue, rule, radius_mm, path in drawn:
        sketch = draw(sketch, rule, tissue, radius_mm, path)
        swept = swept_by_shapely(path, radius_mm)
        edges[tissue].append(swept.boundary)
        if rule is ADD:
            expected[tissue] = expected[tissue].union(swept.intersection(picture))
        else:
            expected[tissue] = expected[tissue].difference(swept)
    for tissue in (ED, ET):
        region = sketch.region(tissue)
        for contour in region:
            assert shapely.is_valid(shapely.Polygon(contour.outer, contour.holes))
        found = polygons(region)
        assert found.area == pytest.approx(area_mm2(region), abs=1e-6)  # insides do not overlap
        wrong = found.symmetric_difference(expected[tissue])
        # All that may differ lies in a hair's breadth along the strokes' edges.
        far = [piece for piece in shapely.get_parts(wrong) if piece.area > 1e-9]
        for edge in edges[tissue]:
            far = [piece.difference(edge.buffer(TOLERANCE_MM, quad_segs=2)) for piece in far]
        assert sum(piece.area for piece in far) < SMALLEST_AREA_MM2


def swept_by_shapely(path, radius_mm):
    """What a disc sweeps, piece by piece: of a whole way that is tiny, shapely loses most."""
    ends = zip(path, [*path[1:], path[-1]], strict=True)
    pieces = [shapely.LineString(piece).buffer(radius_mm, quad_segs=32) for piece in ends]
    return shapely.unary_union(pieces)


lattice = st.tuples(st.integers(0, 8), st.integers(0, 6)).map(lambda p: (p[0] * 10.0, p[1] * 10.0))
outlines = st.lists(
    st.tuples(
        st.sampled_from([ADD, ADD, ERASE]),
        st.sampled_from([points, lattice]).flatmap(lambda at: st.lists(at, max_size=14)),
    ),
    max_size=5,
)


@settings(deadline=None, max_examples=60)
@given(outlines)
def test_any_outlines_of_the_pen_leave_a_valid_region(drawn):
    drawing = Drawing()
    for rule, path in drawn:
        sheet = Sheet(drawing, ED, rule, EXTENT_MM)
        for number, point in enumerate(path):
            if number == 0:
                stroke = PEN.stroke(sheet, sheet.effect(point, Held()), point, 3.0)
            else:
                stroke.extend(point, 3.0)
        drawing = stroke.finished() if path else drawing
        region = drawing.sketch.region(ED)
        shapes = [shapely.Polygon(c.outer, c.holes) for c in region]
        assert all(shapely.is_valid(shapes))
        assert shapely.union_all(shapes).area == pytest.approx(area_mm2(region), abs=1e-6)
        active = drawing.active_contour(ED)
        assert active is None or any(contour is active for contour in region)


def test_label_map_paints_core_over_enhancement_over_oedema():
    sketch = (
        Sketch()
        .painted(NET, [rectangle(6, 6, 8, 8)])
        .painted(ET, [rectangle(4, 4, 10, 10)])
        .painted(ED, [rectangle(2, 2, 12, 12)])
    )
    labels = sketch.label_map((14, 14), (14.0, 14.0))
    assert labels.dtype == np.uint8
    expected = np.zeros((14, 14), int)
    expected[2:12, 2:12], expected[4:10, 4:10], expected[6:8, 6:8] = ED, ET, NET
    np.testing.assert_array_equal(labels, expected)


def test_label_map_has_the_models_size_whatever_the_picture_measures():
    sketch = Sketch().painted(ED, [rectangle(0, 0, 40, 30)])
    labels = sketch.label_map((256, 128), (60.0, 80.0))
    assert labels.shape == (256, 128)
    assert np.all(labels[:128, :64] == ED)
    assert labels.sum() == ED * 128 * 64


@settings(deadline=None)
@given(
    arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.integers(0, 3))
)
def test_a_sketch_of_a_label_map_gives_the_same_map_back(labels):
    extent_mm = (labels.shape[0] * 0.9, labels.shape[1] * 1.2)
    sketch = Sketch.from_label_map(labels, extent_mm)
    np.testing.assert_array_equal(sketch.label_map(labels.shape, extent_mm), labels)
    for region in sketch.regions.values():
        assert all(shapely.is_valid([shapely.Polygon(c.outer, c.holes) for c in region]))


def test_a_core_that_its_oedema_encloses_leaves_no_hole_in_it():
    labels = np.zeros((20, 20), np.uint8)
    labels[2:18, 2:18], labels[6:14, 6:14], labels[8:12, 8:12] = ED, ET, NET
    labels[4, 4] = 0  # no lesion: stays a hole
    sketch = Sketch.from_label_map(labels, (20.0, 20.0))
    (oedema,), (enhancing,) = sketch.region(ED), sketch.region(ET)
    assert len(oedema.holes) == 1
    assert oedema.holes[0].max() < 6
    assert not enhancing.holes


def test_a_core_that_reaches_out_of_its_oedema_is_left_to_itself():
    labels = np.zeros((20, 20), np.uint8)
    labels[2:18, 2:10] = ED
    labels[6:12, 6:14] = ET
    sketch = Sketch.from_label_map(labels, (20.0, 20.0))
    assert not sketch.covers(ED, (8.0, 9.0))


def test_an_empty_sketch_is_a_blank_label_map():
    assert Sketch().is_empty
    assert not Sketch().label_map((8, 8), EXTENT_MM).any()


def test_a_sketch_is_never_changed_by_what_is_drawn_later():
    first = Sketch().painted(ED, [rectangle(0, 0, 10, 10)])
    area = area_mm2(first.region(ED))
    first.painted(ED, [rectangle(5, 5, 20, 20)]).erased(ED, [rectangle(0, 0, 3, 3)]).without(ED)
    assert area_mm2(first.region(ED)) == area == pytest.approx(100)
    with pytest.raises(TypeError):
        first.regions[ED] = ()


def test_erasing_all_of_a_tissue_leaves_an_empty_sketch():
    sketch = Sketch().painted(ED, [rectangle(10, 10, 20, 20)])
    assert sketch.erased(ED, [rectangle(5, 5, 25, 25)]).is_empty


def test_erasing_a_tissue_leaves_the_others():
    sketch = Sketch().painted(ED, [rectangle(0, 0, 9, 9)]).painted(ET, [rectangle(0, 0, 9, 9)])
    erased = sketch.erased(ET, [rectangle(0, 0, 5, 9)])
    assert erased.region(ED) is sketch.region(ED)
    assert area_mm2(erased.region(ET)) == pytest.approx(36)


def test_contours_far_from_a_stroke_stay_the_same_objects():
    sketch = Sketch().painted(ED, [rectangle(0, 0, 9, 9), rectangle(40, 40, 49, 49)])
    far = next(c for c in sketch.region(ED) if c.outer.min() >= 40)
    drawn = draw(sketch, ADD, ED, 2.0, [(9.0, 5.0), (14.0, 6.0)])
    assert any(contour is far for contour in drawn.region(ED))


def test_a_stroke_that_changes_nothing_gives_the_same_contours():
    sketch = draw(Sketch(), ADD, ED, 10.0, [(30.0, 30.0)])
    assert draw(sketch, ADD, ED, 2.0, [(29.0, 30.0), (31.0, 30.0)]).is_same(sketch)
    assert draw(sketch, ERASE, ED, 2.0, [(60.0, 30.0)]).is_same(sketch)
    assert draw(sketch, ERASE, ET, 2.0, [(30.0, 30.0)]).is_same(sketch)
    assert not draw(sketch, ERASE, ED, 2.0, [(30.0, 30.0)]).is_same(sketch)


def test_points_do_not_pile_up_with_strokes_over_one_place():
    generator = np.random.default_rng(1)
    sketch = Sketch()
    for _ in range(40):
        path = 30 + generator.uniform(-8, 8, (12, 2)).cumsum(axis=0).clip(-15, 15)
        sketch = draw(sketch, ADD, ED, 5.0, [tuple(p) for p in path])
    assert sum(contour.n_points for contour in sketch.region(ED)) < 300


def test_what_is_drawn_beyond_the_picture_is_cut_off():
    stroke = stroke_region([(-3.0, 30.0), (20.0, 30.0)], 5.0)
    inside = polygons(within(stroke, EXTENT_MM))
    assert inside.bounds[0] == 0
    assert inside.area == pytest.approx(
        polygons(stroke).intersection(shapely.box(0, 0, 80, 60)).area
    )
    assert within(stroke_region([(-20.0, 30.0)], 5.0), EXTENT_MM) == ()
    untouched = stroke_region([(30.0, 30.0)], 5.0)
    assert within(untouched, EXTENT_MM) == untouched


class TestEffects:
    """The published rule, and the keys that overrule it."""

    drawn = Sketch().painted(ED, [rectangle(10, 10, 30, 30)])

    @pytest.mark.parametrize(
        ("rule", "held", "inside", "outside"),
        [
            (AUTO, Held(), Effect.ADD, Effect.ERASE),
            (AUTO, Held(shift=True), Effect.ADD, Effect.ADD),
            (AUTO, Held(ctrl=True), Effect.ERASE, Effect.ERASE),
            (ADD, Held(), Effect.ADD, Effect.ADD),
            (ADD, Held(ctrl=True), Effect.ERASE, Effect.ERASE),
            (ERASE, Held(), Effect.ERASE, Effect.ERASE),
            (ERASE, Held(shift=True), Effect.ADD, Effect.ADD),
        ],
    )
    def test_where_and_how_a_stroke_starts_decides(self, rule, held, inside, outside):
        sheet = Sheet(Drawing.of(self.drawn), ED, rule, EXTENT_MM)
        assert sheet.effect((20.0, 20.0), held) is inside
        assert sheet.effect((50.0, 20.0), held) is outside

    def test_the_first_stroke_of_a_structure_adds_wherever_it_starts(self):
        sheet = Sheet(Drawing.of(self.drawn), ET, AUTO, EXTENT_MM)
        assert sheet.effect((50.0, 20.0), Held()) is Effect.ADD

    def test_starting_in_a_hole_takes_away(self):
        ring = self.drawn.erased(ED, [rectangle(15, 15, 25, 25)])
        sheet = Sheet(Drawing.of(ring), ED, AUTO, EXTENT_MM)
        assert sheet.effect((20.0, 20.0), Held()) is Effect.ERASE
