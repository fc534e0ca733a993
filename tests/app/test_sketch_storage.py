"""A saved sketch comes back as it was drawn; a file that is none is refused in words."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from sketch_samples import ED, EXTENT_MM, NET, NOON, brush, document, nested_sketch

from App.model.sketch import Sketch, within
from App.model.sketch_document import read_document, write_document
from App.model.sketch_storage import open_sketch, save_sketch, slice_at
from sbmir.errors import DataError, NotFoundError
from sbmir.keys import SliceKey
from sbmir.sketch_file import read_sketch
from sbmir.volumes import Geometry, write_nifti

SHAPE_RC = (48, 40)
VOLUME = Geometry((40, 48, 12), np.diag([-1.5, -1.0, 2.0, 1.0]) + np.eye(4, k=3) * 70)


class TestContours:
    def test_contours_template_and_time_come_back_exactly(self, tmp_path: Path) -> None:
        path = tmp_path / "a sketch ü.json"
        write_document(path, document())
        read = read_document(path)
        assert read.sketch.is_same(nested_sketch())
        assert read.template == SliceKey("Tiny", "P1", 3)
        assert (read.extent_mm, read.changed_at) == (EXTENT_MM, NOON)

    @settings(
        max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(
        strokes=st.lists(
            st.tuples(
                st.booleans(),
                st.lists(st.tuples(st.floats(0, 60), st.floats(0, 48)), min_size=1, max_size=4),
                st.floats(0.5, 12),
            ),
            min_size=1,
            max_size=6,
        )
    )
    def test_whatever_was_drawn_comes_back(self, tmp_path: Path, strokes) -> None:
        sketch = Sketch()
        for adds, path_mm, radius_mm in strokes:
            stroke = within(brush(*path_mm, radius_mm=radius_mm), EXTENT_MM)
            sketch = sketch.painted(ED, stroke) if adds else sketch.erased(ED, stroke)
        write_document(tmp_path / "a.json", document(sketch))
        read = read_document(tmp_path / "a.json").sketch
        shape_rc = (96, 80)
        np.testing.assert_array_equal(
            read.label_map(shape_rc, EXTENT_MM), sketch.label_map(shape_rc, EXTENT_MM)
        )

    def test_the_file_can_be_read_by_anybody(self, tmp_path: Path) -> None:
        write_document(tmp_path / "a.json", document())
        content = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
        assert content["template"] == {"dataset": "Tiny", "patient_id": "P1", "slice_num": 3}
        assert {name: len(regions) for name, regions in content["contours"].items()} == {
            "ED": 2,
            "ET": 1,
            "NET": 1,
        }


def altered(tmp_path: Path, change) -> Path:
    write_document(tmp_path / "good.json", document())
    content = json.loads((tmp_path / "good.json").read_text(encoding="utf-8"))
    change(content)
    (tmp_path / "bad.json").write_text(json.dumps(content), encoding="utf-8")
    return tmp_path / "bad.json"


def set_ring(ring):
    return lambda content: content["contours"].update(ED=[{"outer": ring, "holes": []}])


HOSTILE = {
    "another format": lambda content: content.update(format="something else"),
    "a newer version": lambda content: content.update(version=2),
    "no template": lambda content: content.pop("template"),
    "a path as patient": lambda content: content["template"].update(patient_id="../../etc/passwd"),
    "a negative slice": lambda content: content["template"].update(slice_num=-1),
    "a slice in words": lambda content: content["template"].update(slice_num="three"),
    "no size": lambda content: content.update(extent_mm=[0, 0]),
    "an endless size": lambda content: content.update(extent_mm=[1e300, 1e300]),
    "a number as contours": lambda content: content.update(contours=7),
    "a ring of two points": set_ring([[0, 0], [1, 1]]),
    "points of three numbers": set_ring([[0, 0, 0]] * 5),
    "words as points": set_ring([["a", "b"]] * 5),
    "points at the moon": set_ring([[1e9, 0], [1e9, 5], [0, 5]]),
    "not a number": set_ring([[float("nan"), 0], [9, 5], [0, 5]]),
    "a million points": set_ring([[0, 0]] * 200_000),
    "a scribble that would take minutes": set_ring(
        (np.random.default_rng(0).random((5000, 2)) * 50).tolist()
    ),
}


class TestFilesFromElsewhere:
    @pytest.mark.parametrize("name", HOSTILE)
    def test_a_file_that_is_no_sketch_is_refused_at_once(self, tmp_path: Path, name: str) -> None:
        path = altered(tmp_path, HOSTILE[name])
        began = time.perf_counter()
        with pytest.raises(DataError) as refusal:
            read_document(path)
        assert "bad.json" in str(refusal.value)
        assert time.perf_counter() - began < 20

    @pytest.mark.parametrize(
        "content",
        [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"null", b'{"a": 1}', b" " * (2**24 + 1)],
    )
    def test_damaged_files_are_refused(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "bad.json").write_bytes(content)
        with pytest.raises(DataError, match=r"bad\.json"):
            read_document(tmp_path / "bad.json")

    def test_an_absent_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(NotFoundError, match=r"gone\.json"):
            read_document(tmp_path / "gone.json")

    def test_crossing_and_overlapping_outlines_become_valid_ones(self, tmp_path: Path) -> None:
        rings = [[[5, 5], [25, 25], [25, 5], [5, 25]], [[10, 10], [70, 10], [70, 30], [10, 30]]]
        path = altered(
            tmp_path,
            lambda content: content["contours"].update(
                ED=[{"outer": ring, "holes": []} for ring in rings]
            ),
        )
        region = read_document(path).sketch.region(ED)
        shapes = [shapely.Polygon(c.outer, [*c.holes]) for c in region]
        assert all(shape.is_valid for shape in shapes)
        together = shapely.union_all(shapes)
        assert together.area == pytest.approx(sum(shape.area for shape in shapes))
        assert together.bounds[2] <= EXTENT_MM[1]  # what lies beside the picture is cut off


class TestLabelMaps:
    def test_a_label_map_lies_where_the_slice_lies(self, tmp_path: Path) -> None:
        path = tmp_path / "a.nii.gz"
        save_sketch(path, document(), VOLUME)
        opened = open_sketch(path, None)
        labels = nested_sketch().label_map(SHAPE_RC, EXTENT_MM)
        np.testing.assert_array_equal(opened.sketch.label_map(SHAPE_RC, EXTENT_MM), labels)
        assert opened.template == SliceKey("Tiny", "P1", 3)
        assert opened.extent_mm == EXTENT_MM
        assert opened.plane is not None
        assert slice_at(VOLUME, opened.plane) == 3

    def test_the_command_line_reads_it_as_the_search_sees_the_sketch(self, tmp_path: Path) -> None:
        save_sketch(tmp_path / "a.nii.gz", document(), VOLUME)
        labels = read_sketch(tmp_path / "a.nii.gz", 24)
        direct = nested_sketch().label_map((24, 24), EXTENT_MM)
        assert (labels != direct).mean() < 0.05  # only pixels at the edges may differ
        assert set(np.unique(labels)) == {0, 1, 2, 3}

    def test_one_from_another_program_finds_its_slice_by_its_place(self, tmp_path: Path) -> None:
        labels = np.zeros((40, 48, 1), np.uint8)
        labels[10:20, 10:30] = ED
        affine = VOLUME.affine.copy()
        affine[2, 3] += 5 * 2.0
        write_nifti(tmp_path / "other.nii.gz", labels, affine)
        opened = open_sketch(tmp_path / "other.nii.gz", None)
        assert opened.template is None
        assert opened.plane is not None
        assert slice_at(VOLUME, opened.plane) == 5

    @pytest.mark.parametrize("shift_mm", [(20.0, 0.0, 0.0), (0.0, 0.0, 500.0)])
    def test_one_that_lies_elsewhere_belongs_to_no_slice(self, tmp_path: Path, shift_mm) -> None:
        affine = VOLUME.affine.copy()
        affine[:3, 3] += shift_mm
        write_nifti(tmp_path / "other.nii.gz", np.zeros((40, 48, 1), np.uint8), affine)
        plane = open_sketch(tmp_path / "other.nii.gz", None).plane
        assert plane is not None
        assert slice_at(VOLUME, plane) is None

    def test_a_note_of_another_program_is_passed_over(self, tmp_path: Path) -> None:
        for note in ("made by hand", '{"sbmir_template": ["a", "../b", 1]}', "[1]", "[" * 9999):
            path = tmp_path / "noted.nii.gz"
            write_nifti(path, np.zeros((40, 48, 1), np.uint8), VOLUME.affine, note=note)
            assert open_sketch(path, None).template is None

    def test_pictures_of_class_ids_cover_the_slice_that_is_shown(self, tmp_path: Path) -> None:
        labels = np.zeros((16, 16), np.uint8)
        labels[4:8, 2:12] = NET
        np.save(tmp_path / "a.npy", labels)
        Image.fromarray(labels).save(tmp_path / "a.png")
        for name in ("a.npy", "a.png"):
            opened = open_sketch(tmp_path / name, EXTENT_MM)
            np.testing.assert_array_equal(opened.sketch.label_map((16, 16), EXTENT_MM), labels)
            with pytest.raises(DataError, match="template patient is shown"):
                open_sketch(tmp_path / name, None)

    def test_a_picture_that_no_slice_has_the_shape_of_is_refused(self, tmp_path: Path) -> None:
        np.save(tmp_path / "a.npy", np.zeros((16, 20), np.uint8))
        with pytest.raises(DataError, match="16x20"):
            open_sketch(tmp_path / "a.npy", EXTENT_MM)

    @pytest.mark.parametrize(
        ("labels", "why"),
        [
            (np.zeros((0, 0), np.uint8), "0x0"),
            (np.ones((2000, 2000), np.uint8), "too small"),
            (np.indices((300, 300)).sum(axis=0).astype(np.uint8) % 2, "specks"),
        ],
        ids=["without pixels", "pixels finer than contours", "a checkerboard"],
    )
    def test_what_contours_cannot_follow_is_refused(self, tmp_path: Path, labels, why: str) -> None:
        np.save(tmp_path / "a.npy", labels)
        with pytest.raises(DataError, match=why):
            open_sketch(tmp_path / "a.npy", (240.0, 240.0))

    def test_a_note_that_names_no_slice_is_passed_over(self, tmp_path: Path) -> None:
        note = json.dumps({"sbmir_template": ["Tiny", "P1", -1]})
        write_nifti(tmp_path / "a.nii", np.ones((40, 48), np.uint8), VOLUME.affine, note=note)
        assert open_sketch(tmp_path / "a.nii", None).template is None

    def test_unknown_forms_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match=r"\.nii\.gz or \.json"):
            save_sketch(tmp_path / "a.doc", document(), VOLUME)
        assert not list(tmp_path.iterdir())
