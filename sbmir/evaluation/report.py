"""The folder of an evaluation's report: figures, tables, text, plots and cases."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sbmir.errors import DataError
from sbmir.evaluation.markdown import (
    BEST_NAME,
    SETTINGS_NAME,
    STRATA_NAME,
    SUCCESS_NAME,
    WORST_NAME,
    as_markdown,
)
from sbmir.evaluation.montage import Montage, best_and_worst
from sbmir.evaluation.plots import plot_settings, plot_strata, plot_success
from sbmir.evaluation.run import Evaluation
from sbmir.evaluation.tables import as_json, queries_csv
from sbmir.files import atomic_write, write_text
from sbmir.labels import TissueClass

JSON_NAME, CSV_NAME, TEXT_NAME = "report.json", "queries.csv", "report.md"


def write_report(
    folder: Path,
    evaluation: Evaluation,
    *,
    database: str,
    colors: Mapping[TissueClass, str],
    pattern: str,
) -> None:
    """Write the report's files into ``folder``, which is there, each whole or not at all.

    Parameters
    ----------
    database:
        Which database was asked, in a line, without passwords.
    colors:
        ``#rrggbb`` of each tissue's outline in pictures.
    pattern:
        Of the images that pictures show.

    Raises
    ------
    DataError
        Where a file cannot be written, or a slice that is shown cannot be read.
    """
    try:
        _write_pictures(folder, evaluation, colors, pattern)
        write_text(folder / CSV_NAME, queries_csv(evaluation))
        write_text(folder / TEXT_NAME, as_markdown(evaluation))
        content = as_json(evaluation, database, datetime.now(UTC))
        write_text(folder / JSON_NAME, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    except OSError as error:
        raise DataError(
            f"The report cannot be written to {folder}.",
            why=error.strerror or str(error),
            remedy="Free some space, or choose another folder with --out.",
        ) from error


def _write_pictures(
    folder: Path, evaluation: Evaluation, colors: Mapping[TissueClass, str], pattern: str
) -> None:
    montage = Montage(evaluation.reference, pattern, colors)
    best, worst = best_and_worst(evaluation.methods[0].outcomes)
    pictures = {
        SUCCESS_NAME: partial(plot_success, evaluation),
        SETTINGS_NAME: partial(plot_settings, evaluation),
        STRATA_NAME: partial(plot_strata, evaluation),
        BEST_NAME: partial(montage.draw, best),
        WORST_NAME: partial(montage.draw, worst or best),
    }
    for name, draw in pictures.items():
        with atomic_write(folder / name) as stream:
            draw(stream)
