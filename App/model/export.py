"""Exporting a search into a folder or a .zip: tables, pictures, a report, and what repeats it."""

from __future__ import annotations

import csv
import io
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from App.model.contact_sheet import contact_sheet, row_image
from App.model.saving import saving
from App.model.search_export import (
    SEARCH_NAME,
    SKETCH_NAME,
    ExportedResult,
    SearchExport,
)
from App.model.search_report import report_html
from App.model.sketch_document import SketchDocument, write_document
from App.model.sketch_storage import save_sketch
from sbmir.catalogue import read_catalogue
from sbmir.errors import DataError
from sbmir.files import atomic_folder, atomic_write, save_array, write_text
from sbmir.labels import PAINT_ORDER
from sbmir.search_file import SearchFile, write_search
from sbmir.similarity import LesionComparison

ZIP_SUFFIX = ".zip"
TABLE_NAME = "results.csv"
SHEET_NAME = "contact_sheet.png"
REPORT_NAME = "report.html"
CONTOURS_NAME = "sketch.json"
LABEL_MAP_NAME = "sketch.nii.gz"


def export_search(
    path: Path,
    export: SearchExport,
    *,
    outlined: bool,
    progress: Callable[[int, int], None],
    check: Callable[[], None],
) -> None:
    """Write a search and what it found, whole or not at all.

    Parameters
    ----------
    path:
        A ``.zip``, or else a new folder.
    outlined:
        Whether the sketch is drawn over the pictures of results.
    progress:
        Is told how many results of how many are read.
    check:
        Called between the steps; may raise ``Cancelled``.

    Raises
    ------
    DataError
        Where it cannot be written, or the folder is there already and holds something.
    """
    with saving("The search", path):
        _check_is_new(path)
    results = []
    for number, result in enumerate(export.results):
        check()
        progress(number, len(export.results))
        results.append(export.exported(result))
    search = export.search_file()
    check()
    with saving("The search", path):
        if path.suffix != ZIP_SUFFIX:
            with atomic_folder(path) as folder:
                _fill(folder, export, results, search, outlined=outlined)
            return
        with tempfile.TemporaryDirectory() as name, atomic_write(path) as stream:
            _fill(Path(name), export, results, search, outlined=outlined)
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
                for file in sorted(Path(name).iterdir()):
                    archive.write(file, f"{path.stem}/{file.name}")


def _check_is_new(path: Path) -> None:
    """Whoever chose a folder that holds something did not mean to lose that."""
    if path.suffix != ZIP_SUFFIX and path.exists() and (path.is_file() or any(path.iterdir())):
        raise DataError(
            f"{path} is there already.", remedy="Choose the name of a new folder, or of a .zip."
        )


def save_row(path: Path, export: SearchExport, shown: ExportedResult, *, outlined: bool) -> None:
    """Save a result with its pictures as a PNG.

    Raises
    ------
    DataError
        Where it cannot be written.
    """
    image = row_image(export, shown, outlined=outlined)
    with saving("The result", path), atomic_write(path) as stream:
        image.save(stream, "PNG")


def _fill(
    folder: Path,
    export: SearchExport,
    results: Sequence[ExportedResult],
    search: SearchFile,
    *,
    outlined: bool,
) -> None:
    write_text(folder / TABLE_NAME, _table(results))
    with atomic_write(folder / SHEET_NAME) as stream:
        contact_sheet(export, results, outlined=outlined).save(stream, "PNG")
    write_text(folder / REPORT_NAME, report_html(export, results, search, outlined=outlined))
    write_search(folder / SEARCH_NAME, search)
    if not export.outcome.request.is_example:
        _write_sketch(folder, export)


def _write_sketch(folder: Path, export: SearchExport) -> None:
    """The sketch three times: as the model sees it, on the slice, and as it was drawn."""
    request = export.outcome.request
    labels = export.outcome.labels
    if labels is not None:
        save_array(folder / SKETCH_NAME, labels)
    document = SketchDocument(
        request.template, request.extent_mm, request.sketch, export.searched_at
    )
    write_document(folder / CONTOURS_NAME, document)
    slices_dir = export.reference.choice.dataset.slices_dir
    geometry = read_catalogue(slices_dir, request.template.patient).geometry
    if geometry is not None:
        save_sketch(folder / LABEL_MAP_NAME, document, geometry)


def _table(results: Sequence[ExportedResult]) -> str:
    """The results as CSV; what is not known stays empty."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    names = ["rank", "dataset", "patient_id", "slice_num", "distance", "dice_lesion"]
    names += [f"dice_{tissue.name.lower()}" for tissue in PAINT_ORDER]
    writer.writerow([*names, "size_ratio", "centroid_shift_mm"])
    for one in results:
        key = one.result.key
        first = [one.result.rank, key.dataset, key.patient, key.index, repr(one.result.distance)]
        writer.writerow([*first, *_reasons(one.comparison)])
    return stream.getvalue()


def _reasons(comparison: LesionComparison | None) -> list[Any]:
    if comparison is None:
        return [""] * (3 + len(PAINT_ORDER))
    values = [
        comparison.lesion_dice,
        *(comparison.dice[tissue] for tissue in PAINT_ORDER),
        comparison.size_ratio,
        comparison.centroid_shift_mm,
    ]
    return ["" if value is None else f"{value:.4f}" for value in values]
