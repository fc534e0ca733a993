"""Slices and sketches as pictures for files, without Qt."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from App.model.result_pictures import Color
from App.model.sketch import Sketch
from sbmir.labels import PAINT_ORDER, TissueClass

BACKGROUND: Color = (16, 18, 22)
DARK = 30
"""Brighter than any background of a slice."""

FILL = 0.35
"""How much of the slice the colour of a structure hides."""

_SMOOTHING = 4
"""Lines are drawn this many times larger and then made smaller, which smooths them."""


def rgb(color: str) -> Color:
    """Red, green and blue of a colour that is written as ``#rrggbb``."""
    red, green, blue = bytes.fromhex(color.removeprefix("#"))
    return red, green, blue


def slice_image(pixels: NDArray[np.uint8] | None, aspect: float, height: int) -> Image.Image:
    """A slice in true proportion, ``height`` pixels high.

    Parameters
    ----------
    pixels:
        (rows, columns, 3); None makes it empty.
    aspect:
        True width divided by true height.
    """
    size = (max(1, round(height * aspect)), height)
    if pixels is None:
        return Image.new("RGB", size, BACKGROUND)
    return Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC)


def with_sketch(
    image: Image.Image,
    sketch: Sketch,
    extent_mm: tuple[float, float],
    colors: Mapping[TissueClass, Color],
    fill: float = FILL,
) -> Image.Image:
    """Lay a sketch over a slice: coloured areas, and their outlines.

    Parameters
    ----------
    image:
        Covers ``extent_mm``, height and width.
    fill:
        0 for outlines only.
    """
    if sketch.is_empty:  # of an example without a label map, not even its extent is known
        return image.convert("RGB")
    labels = sketch.label_map((image.height, image.width), extent_mm)
    shown = np.asarray(image.convert("RGB")).astype(np.float32)
    for tissue in PAINT_ORDER:
        inside = labels == tissue
        shown[inside] = (1 - fill) * shown[inside] + fill * np.array(colors[tissue], np.float32)
    filled = Image.fromarray((shown + 0.5).astype(np.uint8))
    for tissue in PAINT_ORDER:
        filled.paste(colors[tissue], mask=_lines(sketch, tissue, extent_mm, image.size))
    return filled


def without_margin(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Cut off the dark margin of a (rows, columns, 3) picture, all but a little."""
    rows, columns = np.nonzero(pixels.max(axis=2) > DARK)
    if not rows.size:
        return pixels
    room = round(0.03 * pixels.shape[0])
    top, left = max(rows.min() - room, 0), max(columns.min() - room, 0)
    return pixels[top : rows.max() + room, left : columns.max() + room]


def _lines(
    sketch: Sketch, tissue: TissueClass, extent_mm: tuple[float, float], size: tuple[int, int]
) -> Image.Image:
    """The outlines of a tissue, 0 to 255, about a pixel and a half wide."""
    width, height = (edge * _SMOOTHING for edge in size)
    large = Image.new("L", (width, height), 0)
    draw = ImageDraw.Draw(large)
    to_pixels = np.array([width / extent_mm[1], height / extent_mm[0]])
    for contour in sketch.region(tissue):
        for ring in contour.rings:
            points = np.concatenate((ring, ring[:1])) * to_pixels
            draw.line([(x, y) for x, y in points.tolist()], 255, round(1.5 * _SMOOTHING), "curve")
    return large.resize(size, Image.Resampling.BOX)
