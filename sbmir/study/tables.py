"""A reader study as ``answers.csv`` and ``figures.csv``."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from sbmir.study.figures import MEASURES, Group
from sbmir.study.files import StoredAnswer

_DIGITS = 6
_HEAD = (
    *("session", "user_name", "y_experience", "stage_num", "question_num", "type"),
    *("patient_id", "slice_num", "statement", "rank"),
)


def answers_csv(answers: Iterable[StoredAnswer]) -> str:
    """Return a row for each answer; what it does not tell stays empty."""
    rows: list[Sequence[object]] = [(*_HEAD, *MEASURES)]
    for answer in answers:
        record = answer.record
        case = None if record.asked is None else record.asked.case
        values = (measure(record) for measure in MEASURES.values())
        rows.append(
            (
                *(answer.session_dir.name, record.user_name, record.y_experience),
                *(record.stage_num, record.question_num),
                "image" if record.is_image_question else "text",
                *(("", "") if case is None else (case.patient_id, case.slice_num)),
                "" if record.asked is None else record.asked.statement,
                record.rank,
                *("" if value is None else f"{value:.{_DIGITS}g}" for value in values),
            )
        )
    return _csv(rows)


def figures_csv(groups: Iterable[Group]) -> str:
    """Return a row for each measure of each group."""
    head = ("kind", "group", "measure", "mean", "low", "high", "answers")
    rows: list[Sequence[object]] = [head]
    for group in groups:
        for name, figure in group.figures.items():
            one = figure.estimate
            numbers = (f"{value:.{_DIGITS}g}" for value in (one.value, one.low, one.high))
            rows.append((group.kind, group.name, name, *numbers, figure.n_answers))
    return _csv(rows)


def _csv(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([[_inert(cell) for cell in r] for r in rows])
    return text.getvalue()


def _inert(cell: object) -> object:
    """A name that a spreadsheet would take for a formula is marked as text."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@")) else cell
