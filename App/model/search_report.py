"""The report of a search: one HTML file that opens anywhere and needs nothing else."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from html import escape

from PIL import Image

from App.model.contact_sheet import far_text, picture_row, query_image, reasons_text
from App.model.results import result_title
from App.model.search_export import ExportedResult, SearchExport, command_lines
from sbmir import __version__
from sbmir.labels import PAINT_ORDER
from sbmir.search_file import SearchFile

PICTURE_HEIGHT = 240
QUERY_HEIGHT = 360

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1e24; --quiet: #565d69; --paper: #ffffff;
  --line: #d5d9e0; --accent: #1763ab; --warn: #b3261e; --code: #f1f3f6; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7e9ed; --quiet: #a7adb8; --paper: #1d2025;
  --line: #3a3f48; --accent: #6fb0ea; --warn: #ff8a80; --code: #282c33; } }
body { margin: 2rem auto; max-width: 70rem; padding: 0 1rem; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .2rem; } h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; }
p.quiet, td.quiet, .reasons { color: var(--quiet); } p.far { color: var(--warn); font-weight: 600; }
.query { display: flex; gap: 1.5rem; flex-wrap: wrap; align-items: flex-start; }
.query img { max-width: 100%; border-radius: 4px; }
table { border-collapse: collapse; } td, th { padding: .25rem 1rem .25rem 0; text-align: left;
  vertical-align: top; } th { font-weight: 600; } td.hash { font-family: monospace;
  font-size: .85rem; overflow-wrap: anywhere; }
.swatch { display: inline-block; width: .8em; height: .8em; border-radius: 2px;
  margin-right: .4em; }
article { border-top: 1px solid var(--line); padding: .8rem 0; break-inside: avoid; }
article header { display: flex; justify-content: space-between; gap: 1rem; flex-wrap: wrap; }
article b { overflow-wrap: anywhere; } img { height: auto; } article img { max-width: 100%; }
pre { background: var(--code); padding: .7rem 1rem; border-radius: 4px; white-space: pre-wrap;
  overflow-wrap: anywhere; }
"""


def report_html(
    export: SearchExport,
    results: Sequence[ExportedResult],
    search: SearchFile,
    *,
    outlined: bool,
) -> str:
    """The report: what was looked for, what was found, and how to do it again.

    It names no folder of the machine that it was made on.
    """
    dataset = escape(search.dataset)
    when = f"{search.searched_at:%Y-%m-%d %H:%M} UTC"
    body = [
        f"<h1>Similar patients of {dataset}</h1>",
        f'<p class="quiet">Searched {when} with the model {escape(search.model)}</p>',
        _query(export),
        f"<h2>{len(results)} patients, nearest first</h2>",
        *([f'<p class="far">{escape(far)}</p>'] if (far := far_text(export)) else []),
        *(_result(export, one, outlined=outlined) for one in results),
        _repeating(search),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Similar patients of {dataset}</title>\n<style>{_STYLE}</style></head>\n"
        "<body>\n" + "\n".join(body) + "\n</body></html>\n"
    )


def _query(export: SearchExport) -> str:
    swatches = {export.names[tissue]: export.colors[tissue] for tissue in PAINT_ORDER}
    rows = []
    for name, value in export.facts:
        swatch = ""
        if name in swatches:
            red, green, blue = swatches[name]
            swatch = f'<span class="swatch" style="background:rgb({red},{green},{blue})"></span>'
        rows.append((f"{swatch}{escape(name)}", escape(value), ""))
    picture = _image(query_image(export, QUERY_HEIGHT), "What was looked for")
    return f'<div class="query">{picture}{_table(rows)}</div>'


def _result(export: SearchExport, shown: ExportedResult, *, outlined: bool) -> str:
    pictures = picture_row(export, shown, outlined=outlined, height=PICTURE_HEIGHT)
    problems = "; ".join(picture.problem for picture in shown.view.pictures if picture.problem)
    return (
        f"<article><header><b>{escape(result_title(shown.result))}</b>"
        f"<span>distance {shown.result.distance:.4f}</span></header>"
        f'<p class="reasons">{escape(reasons_text(export, shown))}</p>'
        f"{_image(pictures, ', '.join(picture.name for picture in shown.view.pictures))}"
        + ('<p class="quiet">Some pictures could not be read.</p>' if problems else "")
        + "</article>"
    )


def _repeating(search: SearchFile) -> str:
    repeat, spelled = command_lines(search)
    rows = [
        ("Model", search.model_fingerprint, "hash"),
        ("Searched codes", search.codes_fingerprint, "hash"),
        ("Metric", escape(search.metric), ""),
        ("Sketch encoded in", escape(search.sketch_precision), ""),
        ("SBMIR", __version__, ""),
    ]
    return (
        "<h2>Doing it again</h2>"
        "<p>In the folder of this report, with the settings of the application in place of "
        "<code>CFG</code>:</p>"
        f"<pre>{escape(repeat)}</pre>"
        '<p class="quiet">It says where the model or the reference database is another one than '
        "it was here. The same, spelled out:</p>"
        f"<pre>{escape(spelled)}</pre>"
        "<h2>What it was made with</h2>" + _table(rows)
    )


def _table(rows: Iterable[tuple[str, str, str]]) -> str:
    lines = (
        f'<tr><th>{name}</th><td class="{look}">{value}</td></tr>' for name, value, look in rows
    )
    return f"<table>{''.join(lines)}</table>"


def _image(image: Image.Image, text: str) -> str:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=90, subsampling=0)
    content = base64.b64encode(stream.getvalue()).decode("ascii")
    return (
        f'<img src="data:image/jpeg;base64,{content}" alt="{escape(text)}" '
        f'width="{image.width}" height="{image.height}">'
    )
