"""The report of a reader study: tables, plots, and a page that opens anywhere."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path

from PIL import Image

from sbmir.errors import DataError, NotFoundError, SbmirError
from sbmir.files import write_text
from sbmir.study.charts import bar_chart
from sbmir.study.figures import MEASURES, Figure, Group, groups_of
from sbmir.study.files import TARGET_PICTURE, StoredAnswer, sketch_picture

ANSWERS_FILE, FIGURES_FILE, PAGE_FILE = "answers.csv", "figures.csv", "report.html"
PLOT_KINDS = {"stage": "by stage", "reader": "by reader", "experience": "by years of experience"}
LARGEST_PICTURE = 2**22
"""Pixels of a target's picture that is still put into the page."""

_STYLE = """
body { font-family: sans-serif; color: #1b1e24; margin: 2em auto; max-width: 72em; }
table { border-collapse: collapse; margin: 1em 0; }
td, th { border: 1px solid #c3c8d0; padding: 0.25em 0.6em; text-align: right; }
td:first-child, th:first-child { text-align: left; }
small { color: #565d69; } img { background: #101216; vertical-align: top; }
figure { display: inline-block; margin: 0 1em 1.5em 0; vertical-align: top; max-width: 46em; }
.scroll { overflow-x: auto; }
"""


def write_report(
    out_dir: Path, answers: Sequence[StoredAnswer], failed: Mapping[Path, SbmirError]
) -> list[Path]:
    """Write ``answers.csv``, ``figures.csv``, ``plots/*.svg`` and ``report.html``.

    Parameters
    ----------
    failed:
        Answers that could not be read; the page tells how many.

    Returns
    -------
    The files.

    Raises
    ------
    DataError
        Where there is no answer.
    NotFoundError
        Where the folder cannot be written.
    """
    if not answers:
        raise DataError(
            "There is no answered question to report.",
            remedy="--results names the folder of paths.save_result_path, or one in it.",
        )
    groups = groups_of([answer.record for answer in answers])
    plots = dict(_plots(groups))
    files = {
        ANSWERS_FILE: _answers_csv(answers),
        FIGURES_FILE: _figures_csv(groups),
        PAGE_FILE: _page(answers, groups, plots, len(failed)),
        **{f"plots/{name}.svg": plot for name, plot in plots.items()},
    }
    try:
        (out_dir / "plots").mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            write_text(out_dir / name, text)
    except OSError as error:
        raise NotFoundError(
            f"The report cannot be written to {out_dir}.",
            why=str(error),
            remedy="Name another folder with --out.",
        ) from error
    return [out_dir / name for name in files]


def _answers_csv(answers: Sequence[StoredAnswer]) -> str:
    head = ("session", "user_name", "y_experience", "stage_num", "question_num", "type", "rank")
    rows: list[Sequence[object]] = [(*head, *MEASURES)]
    for answer in answers:
        record = answer.record
        kind = "image" if record.is_image_question else "text"
        values = (measure(record) for measure in MEASURES.values())
        rows.append(
            (
                answer.session_dir.name,
                *(record.user_name, record.y_experience, record.stage_num, record.question_num),
                *(kind, record.rank),
                *("" if value is None else f"{value:.6g}" for value in values),
            )
        )
    return _csv(rows)


def _figures_csv(groups: Sequence[Group]) -> str:
    rows: list[Sequence[object]] = [("kind", "group", "measure", "mean", "low", "high", "n")]
    for group in groups:
        for name, one in group.figures.items():
            numbers = (f"{value:.6g}" for value in (one.value, one.low, one.high))
            rows.append((group.kind, group.name, name, *numbers, one.n))
    return _csv(rows)


def _csv(rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([[_inert(cell) for cell in r] for r in rows])
    return text.getvalue()


def _inert(cell: object) -> object:
    """A name that a spreadsheet would take for a formula is marked as text."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@")) else cell


def _plots(groups: Sequence[Group]) -> Iterator[tuple[str, str]]:
    for kind, by in PLOT_KINDS.items():
        for measure in MEASURES:
            bars = [
                (group.name, group.figures[measure])
                for group in groups
                if group.kind == kind and measure in group.figures
            ]
            if bars:
                name = f"{measure} {by}".replace("@", "_at_").replace(" ", "_")
                yield name, bar_chart(f"{measure}, {by}", bars)


# --- The page ---------------------------------------------------------------------------------


def _page(
    answers: Sequence[StoredAnswer], groups: Sequence[Group], plots: Mapping[str, str], failed: int
) -> str:
    sessions = {answer.session_dir for answer in answers}
    readers = {(answer.record.user_name, answer.record.y_experience) for answer in answers}
    left_out = f" {failed} damaged answers are left out." if failed else ""
    return "\n".join(
        [
            '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">',
            f"<title>Reader study</title><style>{_STYLE}</style></head><body>",
            "<h1>Reader study</h1>",
            f"<p>{len(answers)} answers of {len(readers)} readers in {len(sessions)} sessions."
            f"{left_out} Means with 95&nbsp;% intervals, from {groups[0].n_answers} answers, each "
            "resampled as one. success@k and reciprocal rank are of presented cases only; "
            "precision is the share of ticks, of size, location and pattern of contrast "
            "enhancement, over the five patients that were judged.</p>",
            '<div class="scroll">',
            _table(groups),
            "</div><h2>Plots</h2>",
            *(f"<figure>{plot}</figure>" for plot in plots.values()),
            "<h2>Sketches</h2>",
            *(_sketch(answer) for answer in answers),
            "</body></html>\n",
        ]
    )


def _table(groups: Sequence[Group]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in MEASURES)
    rows = [
        f"<tr><td>{escape(group.name)}</td><td>{group.n_answers}</td>"
        + "".join(_cell(group.figures.get(name)) for name in MEASURES)
        + "</tr>"
        for group in groups
    ]
    return f"<table><tr><th></th><th>answers</th>{head}</tr>{''.join(rows)}</table>"


def _cell(figure: Figure | None) -> str:
    if figure is None:
        return "<td></td>"
    interval = f"{figure.low:.2f} to {figure.high:.2f}"
    return f"<td>{figure.value:.2f}<br><small>{interval}</small></td>"


def _sketch(answer: StoredAnswer) -> str:
    record = answer.record
    title = (
        f"{record.user_name} ({record.y_experience} years), stage {record.stage_num}, "
        f"question {record.question_num}"
    )
    if not record.is_image_question:
        said = f"precision {record.precision:.2f}"
    elif record.rank is None:
        said = f"not retrieved, precision {record.precision:.2f}"
    else:
        said = f"retrieved as case #{record.rank}, precision {record.precision:.2f}"
    statement = record.asked.statement if record.asked is not None else ""
    return (
        f"<figure><figcaption><b>{escape(title)}</b><br><small>{said}</small><br>"
        f"{escape(statement)}</figcaption>{_drawn(answer)} {_target(answer)}</figure>"
    )


def _drawn(answer: StoredAnswer) -> str:
    try:
        return _image(Image.fromarray(sketch_picture(answer.sketch())), "sketch")
    except SbmirError as error:
        return escape(error.what.replace(str(answer.folder), "its folder"))


def _target(answer: StoredAnswer) -> str:
    """The presented case as it was shown, where it was kept."""
    try:
        with Image.open(answer.folder / TARGET_PICTURE, formats=["PNG"]) as picture:
            if picture.width * picture.height > LARGEST_PICTURE:
                return ""
            return _image(picture.convert("RGB"), "presented case")
    except (OSError, ValueError, SyntaxError):
        return ""


def _image(picture: Image.Image, name: str) -> str:
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    data = base64.b64encode(stream.getvalue()).decode("ascii")
    return f'<img height="160" alt="{name}" src="data:image/png;base64,{data}">'
