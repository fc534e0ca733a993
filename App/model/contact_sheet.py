"""Results as pictures in files: a row, and a sheet of all rows."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw

from App.model.framing import part_with_head
from App.model.lettering import Pen
from App.model.painting import slice_image, with_sketch
from App.model.reasons import dice_text, shift_text, size_text
from App.model.result_pictures import Color
from App.model.results import FAR, result_title
from App.model.search_export import ExportedResult, SearchExport
from sbmir.labels import PAINT_ORDER

ROW_HEIGHT = 360
"""Of the pictures of a row that is saved by itself, in pixels."""
SHEET_ROW_HEIGHT = 240
ROW_MARGIN = 6
"""Around a row of that height."""

PAPER: Color = (255, 255, 255)
INK: Color = (27, 30, 36)
QUIET: Color = (86, 93, 105)
GROUND: Color = (16, 18, 22)
CAPTION: Color = (206, 211, 219)
WARNING: Color = (179, 38, 30)


def row_image(
    export: SearchExport, shown: ExportedResult, *, outlined: bool, height: int = ROW_HEIGHT
) -> Image.Image:
    """A result with its name, its distance, why it matches, and its pictures.

    Parameters
    ----------
    outlined:
        Whether the sketch is drawn over the pictures.
    height:
        Of the pictures, in pixels; all else follows from it.
    """
    pen = Pen(height / SHEET_ROW_HEIGHT)
    gap = pen.scaled(ROW_MARGIN)
    pictures = picture_row(export, shown, outlined=outlined, height=height)
    head = pen.line_height + pen.small_line_height + gap
    image = Image.new("RGB", (pictures.width + 2 * gap, head + height + 2 * gap), PAPER)
    draw = ImageDraw.Draw(image)
    distance = f"distance {shown.result.distance:.3f}"
    room = pictures.width - pen.width(distance, small=True) - 2 * gap
    pen.write(draw, (gap, gap), pen.fitted(result_title(shown.result), room), INK)
    end = gap + pictures.width - pen.width(distance, small=True)
    pen.write(draw, (end, gap + pen.scaled(2)), distance, QUIET, small=True)
    pen.write(draw, (gap, gap + pen.line_height), reasons_text(export, shown), QUIET, small=True)
    image.paste(pictures, (gap, gap + head))
    return image


def picture_row(
    export: SearchExport, shown: ExportedResult, *, outlined: bool, height: int
) -> Image.Image:
    """The pictures of a result beside each other, each with its name in a corner."""
    pen = Pen(height / SHEET_ROW_HEIGHT)
    part = part_with_head(shown.view.pictures)
    images = []
    for picture in shown.view.pictures:
        whole = round(height / part.edge)
        image = slice_image(picture.coloured(export.colors), picture.aspect, whole)
        if outlined:
            compared, extent_mm = export.outcome.compared, export.outcome.extent_mm
            image = with_sketch(image, compared, extent_mm, export.colors, fill=0)
        left, top = round(part.left * image.width), round(part.top * whole)
        image = image.crop((left, top, left + round(part.edge * image.width), top + height))
        draw = ImageDraw.Draw(image)
        width = pen.width(picture.name, small=True) + pen.scaled(8)
        draw.rectangle((0, 0, width, pen.small_line_height), GROUND)
        pen.write(draw, (pen.scaled(4), 0), picture.name, CAPTION, small=True)
        if picture.problem:
            pen.write(draw, (pen.scaled(8), height // 2), "Not readable", CAPTION, small=True)
        images.append(image)
    return _beside(images, pen.scaled(4))


def query_image(export: SearchExport, height: int) -> Image.Image:
    """What was looked for: the sketch on its slice, or the example with its lesion."""
    picture = export.query_view.pictures[0]
    lesion = export.outcome.lesion
    image = slice_image(picture.pixels, picture.aspect, height)
    if lesion is None:
        return image
    request = export.outcome.request
    sketch = lesion.as_sketch() if request.is_example else request.sketch
    return with_sketch(image, sketch, lesion.extent_mm, export.colors)


def contact_sheet(
    export: SearchExport, results: Sequence[ExportedResult], *, outlined: bool
) -> Image.Image:
    """The query with its settings, and beneath it the results."""
    rows = [row_image(export, one, outlined=outlined, height=SHEET_ROW_HEIGHT) for one in results]
    pen = Pen(1.0)
    gap = pen.scaled(16)
    query = query_image(export, SHEET_ROW_HEIGHT + 60)
    width = max([row.width for row in rows] + [query.width + 600]) + 2 * gap
    height = query.height + sum(row.height for row in rows) + 3 * gap
    sheet = Image.new("RGB", (width, height), PAPER)
    sheet.paste(query, (gap, gap))
    _write_facts(sheet, export, pen, (2 * gap + query.width, gap))
    top = query.height + 2 * gap
    for row in rows:
        sheet.paste(row, (gap - ROW_MARGIN, top))
        top += row.height
    return sheet


def reasons_text(export: SearchExport, shown: ExportedResult) -> str:
    """Why a result matches, in a line; empty where that is not known."""
    comparison = shown.comparison
    if comparison is None:
        return ""
    dice = [
        f"{tissue.name} {dice_text(comparison.dice[tissue])}"
        for tissue in PAINT_ORDER
        if comparison.dice[tissue] is not None
    ]
    more = (size_text(comparison.size_ratio), shift_text(comparison.centroid_shift_mm))
    lesion = f"overlap (Dice) {dice_text(comparison.lesion_dice)}"
    overlap = f"{lesion}: {', '.join(dice)}" if dice else ""
    return " · ".join(text for text in (overlap, *more) if text)


def far_text(export: SearchExport) -> str:
    """The sign that nothing in the database is near; empty where something is."""
    query = "example" if export.outcome.request.is_example else "sketch"
    return FAR.format(query=query) if export.outcome.is_far else ""


def _write_facts(
    sheet: Image.Image, export: SearchExport, pen: Pen, place: tuple[int, int]
) -> None:
    draw = ImageDraw.Draw(sheet)
    left, top = place
    room = sheet.width - left - pen.scaled(16)
    dataset = export.reference.choice.dataset.name
    pen.write(draw, place, f"Similar patients of {dataset}", INK)
    top += pen.line_height + pen.scaled(6)
    for name, value in export.facts:
        line = pen.fitted(f"{name}: {value}", room, small=True)
        pen.write(draw, (left, top), line, QUIET, small=True)
        top += pen.small_line_height
    if far := far_text(export):
        for line in pen.wrapped(far, room):
            pen.write(draw, (left, top + pen.scaled(6)), line, WARNING, small=True)
            top += pen.small_line_height


def _beside(images: Sequence[Image.Image], gap: int) -> Image.Image:
    width = sum(image.width for image in images) + gap * (len(images) - 1)
    row = Image.new("RGB", (width, max(image.height for image in images)), PAPER)
    left = 0
    for image in images:
        row.paste(image, (left, 0))
        left += image.width + gap
    return row
