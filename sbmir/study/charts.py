"""Bar charts as SVG, which any browser shows and a report can hold."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from sbmir.study.figures import Figure

BAR_PX, GAP_PX, LABEL_PX, WIDTH_PX, HEAD_PX = 22, 8, 190, 640, 34
SHARES = ("success", "reciprocal", "precision")
"""Measures between 0 and 1, which are drawn to the same scale."""


def bar_chart(measure: str, bars: Sequence[tuple[str, Figure]]) -> str:
    """Draw a bar for each group, with its interval as a line."""
    longest = max((figure.high for _, figure in bars), default=0.0)
    scale_end = 1.0 if measure.startswith(SHARES) else max(longest, 1e-9)
    height = HEAD_PX + len(bars) * (BAR_PX + GAP_PX) + GAP_PX
    room = WIDTH_PX - LABEL_PX - 70

    def x_of(value: float) -> float:
        return LABEL_PX + room * value / scale_end

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH_PX} {height}" '
        f'width="{WIDTH_PX}" height="{height}" font-family="sans-serif" font-size="13" '
        f'role="img"><title>{escape(measure)}</title>',
        f'<rect width="{WIDTH_PX}" height="{height}" fill="#ffffff"/>',
        f'<text x="8" y="21" font-weight="bold">{escape(measure)}</text>',
    ]
    for number, (name, figure) in enumerate(bars):
        top = HEAD_PX + number * (BAR_PX + GAP_PX)
        middle = top + BAR_PX / 2
        lines += [
            f'<text x="{LABEL_PX - 8}" y="{middle + 4:.1f}" text-anchor="end">'
            f"{escape(_shortened(name))}</text>",
            f'<rect x="{LABEL_PX}" y="{top}" width="{x_of(figure.value) - LABEL_PX:.1f}" '
            f'height="{BAR_PX}" fill="#5b8fc9"/>',
            f'<line x1="{x_of(figure.low):.1f}" x2="{x_of(figure.high):.1f}" y1="{middle}" '
            f'y2="{middle}" stroke="#1b1e24" stroke-width="2"/>',
            f'<text x="{WIDTH_PX - 62}" y="{middle + 4:.1f}">{figure.value:.2f}</text>',
        ]
    return "\n".join([*lines, "</svg>"]) + "\n"


def _shortened(name: str) -> str:
    return name if len(name) <= 26 else f"{name[:25]}…"
