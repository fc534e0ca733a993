"""Results' pictures show the head, all in one size where heads are of usual size."""

import numpy as np
import pytest
from PIL import Image
from result_samples import COLORS

from App.model.framing import LEAST_EDGE, WHOLE, part_with_head
from App.model.result_pictures import ResultPicture
from App.widget.picture_view import Outline, PictureView
from sbmir.labels import TissueClass

SIZE = 200


def picture(rows: slice, columns: slice, brightness: int = 200) -> ResultPicture:
    """A block of a brightness on black."""
    pixels = np.zeros((SIZE, SIZE, 3), np.uint8)
    pixels[rows, columns] = brightness
    return ResultPicture("T1", pixels, 1.0)


def test_a_usual_head_is_in_the_middle_of_what_is_shown():
    part = part_with_head([picture(slice(50, 150), slice(60, 140))])
    assert part.edge == LEAST_EDGE
    assert part.left + part.edge / 2 == pytest.approx(0.5)
    assert part.top + part.edge / 2 == pytest.approx(0.5)


def test_a_head_at_the_edge_is_shown_without_anything_beyond_the_picture():
    part = part_with_head([picture(slice(0, 80), slice(120, 200))])
    assert part.top == 0
    assert part.left == pytest.approx(1 - LEAST_EDGE)


def test_all_of_every_picture_is_seen():
    low, high = picture(slice(100, 190), slice(90, 110)), picture(slice(10, 50), slice(90, 110))
    part = part_with_head([low, high])
    assert part.top <= 10 / SIZE and part.top + part.edge >= 190 / SIZE
    assert part.edge > LEAST_EDGE


def test_without_a_head_all_is_shown():
    dark = picture(slice(0, 0), slice(0, 0))
    noise = picture(slice(0, SIZE), slice(0, SIZE), brightness=8)
    assert part_with_head([dark, noise, ResultPicture("T1", None, 1.0, "gone")]) == WHOLE
    assert part_with_head([]) == WHOLE


def test_picture_and_outline_are_of_the_same_part(qtbot, tmp_path):
    from App.model.sketch import Sketch
    from App.widget.contour_module.contour import Contour

    view = PictureView("T1", COLORS)
    qtbot.addWidget(view)
    view.resize(300, 300)
    view.show()
    shown = picture(slice(60, 140), slice(100, 160))
    part = part_with_head([shown])
    view.set_picture(shown, part)
    corners = np.array([[100, 60], [160, 60], [160, 140], [100, 140]], float)
    sketch = Sketch({TissueClass.ED: (Contour(corners),)})
    plain = seen(view, tmp_path)
    view.set_outline(Outline(sketch, (float(SIZE), float(SIZE))))
    changed = np.nonzero(np.abs(seen(view, tmp_path) - plain).max(axis=2) > 40)
    block = np.nonzero(plain.min(axis=2) > 100)
    for outline, inside in zip(changed, block, strict=True):
        assert outline.min() == pytest.approx(inside.min(), abs=3)
        assert outline.max() == pytest.approx(inside.max(), abs=3)
    width = np.ptp(block[1]) + 1
    assert width == pytest.approx(60 / SIZE / LEAST_EDGE * 300, abs=2)


def seen(view: PictureView, folder) -> np.ndarray:
    """(rows, columns, 3) int, without the name in the corner."""
    path = folder / "seen.png"
    assert view.grab().save(str(path))
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    pixels[:30, :60] = 0
    return pixels
