"""The page of a report: one file with all pictures in it, so that it opens anywhere."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from PIL import Image

from sbmir.errors import SbmirError
from sbmir.study.figures import MEASURES, Figure, Group, reader_of
from sbmir.study.files import TARGET_PICTURE, StoredAnswer
from sbmir.study.pictures import drawn_picture
from sbmir.study.records import EVALUATED

LARGEST_PICTURE = 2**22
"""Pixels of a target's picture that is still put into the page."""

_STYLE = """
body { font-family: sans-serif; color: #1b1e24; margin: 2em auto; max-width: 76em; padding: 0 1em; }
table { border-collapse: collapse; margin: 1em 0; font-size: 0.82em; }
td small { white-space: nowrap; } td:first-child { white-space: nowrap; }
td, th { border: 1px solid #c3c8d0; padding: 0.25em 0.4em; text-align: right; }
th { background: #eef1f5; } td:first-child, th:first-child { text-align: left; }
small, figcaption, .quiet { color: #565d69; }
.note { background: #fff3d6; border: 1px solid #d9a521; padding: 0.5em 1em; }
figure { display: inline-block; margin: 0 1em 1.2em 0; vertical-align: top; max-width: 16em; }
figcaption { font-size: 0.85em; } .case { border-top: 1px solid #c3c8d0; }
.plot { max-width: 100%; } .drawn, .presented { background: #101216; display: block; }
.drawn { height: 200px; } .presented { height: 200px; max-width: 100%; margin-bottom: 1em; }
.scroll { overflow-x: auto; }
"""

_HOW = (
    "Means over answers; below each, a 95&nbsp;% interval by bootstrap (percentiles). Readers are "
    "drawn anew, each with all answers, since answers of one reader are alike; of a single reader "
    "the answers are. With few readers an interval is a rough guide, and where all agree it has no "
    "width, which is no certainty. success@k: the presented patient was among the first k; the "
    "reciprocal rank is 0 where the patient was not among the ten that are written down; both are "
    "of presented cases only. precision: the share of ticks (size, location, pattern of contrast "
    f"enhancement) over the {EVALUATED} patients that are judged. Seconds count from the moment "
    "that a question is shown, while the window is open."
)


def page_of(
    answers: Sequence[StoredAnswer],
    groups: Sequence[Group],
    plots: Mapping[str, bytes],
    notes: Sequence[str],
) -> str:
    """Return the page.

    Parameters
    ----------
    plots:
        PNGs by their titles.
    notes:
        What whoever reads the figures should know.
    """
    readers = {reader_of(answer.record) for answer in answers}
    sessions = {answer.session_dir for answer in answers}
    (name,) = {folder.parent.name for folder in sessions}
    return "\n".join(
        [
            '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">',
            f"<title>Reader study: {escape(name)}</title><style>{_STYLE}</style></head><body>",
            f"<h1>Reader study: {escape(name)}</h1>",
            f"<p>{_count(len(answers), 'answer')} of {_count(len(readers), 'reader')} in "
            f"{_count(len(sessions), 'session')}.</p>",
            *(f'<p class="note">{escape(note)}</p>' for note in notes),
            f'<h2>Figures</h2><div class="scroll">{_table(groups)}</div>',
            f'<p class="quiet">{_HOW}</p>',
            *(_plot(title, plot) for title, plot in plots.items()),
            "<h2>Sketches beside what was asked</h2>",
            *_questions(answers),
            *_origin(answers),
            "</body></html>\n",
        ]
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


# --- Figures ----------------------------------------------------------------------------------


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
    one = figure.estimate
    return f"<td>{one.value:.2f}<br><small>{one.low:.2f} to {one.high:.2f}</small></td>"


def _plot(title: str, plot: bytes) -> str:
    return f"<h2>{escape(title)}</h2>{_image(plot, title, 'plot')}"


# --- What was asked, and what was drawn -------------------------------------------------------


def _questions(answers: Sequence[StoredAnswer]) -> Iterator[str]:
    """Each question once, with the sketches of all readers."""
    asked: dict[tuple[int, int, str], list[StoredAnswer]] = {}
    for answer in answers:
        record = answer.record
        key = (record.stage_num, record.question_num, _subject(answer))
        asked.setdefault(key, []).append(answer)
    for (stage, question, subject), own in sorted(asked.items(), key=lambda item: item[0]):
        yield f'<div class="case"><h3>Stage {stage}, question {question}</h3>'
        yield f"<p>{escape(subject)}</p>{_presented(own)}"
        yield from (_drawn(answer) for answer in own)
        yield "</div>"


def _subject(answer: StoredAnswer) -> str:
    """What was asked, in words; nothing is known of what the published program asked."""
    asked = answer.record.asked
    if asked is None:
        return ""
    case = asked.case
    return asked.statement if case is None else f"{case.patient_id}, slice {case.slice_num}"


def _presented(answers: Sequence[StoredAnswer]) -> str:
    """The presented case as it was shown, where it was kept."""
    for answer in answers:
        try:
            with Image.open(answer.folder / TARGET_PICTURE, formats=["PNG"]) as picture:
                if picture.width * picture.height <= LARGEST_PICTURE:
                    return _image(_png(picture.convert("RGB")), "presented case", "presented")
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            continue
    return ""


def _drawn(answer: StoredAnswer) -> str:
    record = answer.record
    try:
        pixels = drawn_picture(answer.template(), answer.sketch())
        picture = _image(_png(Image.fromarray(pixels)), "sketch", "drawn")
    except SbmirError as error:
        picture = escape(error.what.replace(str(answer.folder), "its folder"))
    if not record.is_image_question:
        found = ""
    elif record.rank is None:
        found = "not retrieved, "
    else:
        found = f"retrieved as case #{record.rank}, "
    caption = f"<b>{escape(record.user_name)}</b> ({record.y_experience} years)"
    told = f"{found}precision {record.precision:.2f}"
    return f"<figure>{picture}<figcaption>{caption}<br>{told}</figcaption></figure>"


def _png(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def _image(png: bytes, words: str, kind: str) -> str:
    data = base64.b64encode(png).decode("ascii")
    return f'<img class="{kind}" alt="{escape(words)}" src="data:image/png;base64,{data}">'


# --- What it came from ------------------------------------------------------------------------


def _origin(answers: Sequence[StoredAnswer]) -> Iterator[str]:
    """The fingerprints of what was searched with, so that the study can be repeated."""
    records = [answer.record for answer in answers]
    used = {
        "Model": {record.model_fingerprint for record in records},
        "Reference database": {record.database_fingerprint for record in records},
    }
    lines = [
        f"<li>{name}: {escape(', '.join(sorted(prints - {''})))}</li>"
        for name, prints in used.items()
        if prints - {""}
    ]
    if lines:
        yield "<h2>What was searched with</h2><ul>"
        yield from lines
        yield "</ul>"
