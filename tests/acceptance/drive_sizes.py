"""Fills the screen with the window, uses it, and notes what does not fit."""

from __future__ import annotations

from PyQt5.QtWidgets import QAbstractButton, QApplication, QComboBox, QLabel, QWidget
from stage import Stage, on_stage, rectangle, ring

from sbmir.labels import TissueClass

HERE = (85.0, 100.0)
LEAST_PX = 2
LEAST_LETTERS = 2


def main() -> None:
    """Draw and search in a window as large as the screen."""
    with on_stage() as stage:
        stage.wait_for_database()
        stage.hand.fill_screen(stage.window)
        screen = stage.window.screen().size()
        stage.until(lambda: stage.window.width() >= screen.width() - LEAST_PX, "the whole screen")
        stage.rest(300)  # until all parts have their new places
        stage.start_sketching()
        stage.set_radius(5)
        stage.draw(ring(HERE, 12))
        stage.dab(HERE, held=["shift"])
        stage.searched(lambda: stage.hand.click(stage.window.query.search))
        stage.hand.press("i", "o")
        inset = stage.window.query.imagined
        stage.until(
            lambda: any(view.has_picture for view in inset.pictures.values()), "the imagined image"
        )
        stage.photograph("screen")
        stage.note(
            screen=[screen.width(), screen.height()],
            ratio=stage.window.devicePixelRatioF(),
            cut_off=cut_off(stage),
            small=too_small(stage),
            canvas=rectangle(stage.canvas),
            rows=[rectangle(row) for row in stage.window.results.rows],
            dock=rectangle(stage.window.results),
            area=stage.area_mm2(TissueClass.ED),
        )


def cut_off(stage: Stage) -> list[str]:
    """Texts for which there is less room than they need, and parts outside of the window.

    A sign instead of a word, such as three dots, needs no room around it.
    """
    found = []
    window = stage.window
    for widget in _shown(stage):
        text = _text(widget)
        corner = widget.mapTo(window, widget.rect().bottomRight())
        if not _scrolls(widget) and not window.rect().contains(corner):
            found.append(f"outside: {text or type(widget).__name__}")
        if len(text) < LEAST_LETTERS:
            continue
        wraps = isinstance(widget, QLabel) and (widget.wordWrap() or "<" in widget.text())
        if not wraps and widget.width() < widget.minimumSizeHint().width() - 1:
            found.append(f"narrow: {text}")
        if widget.height() < widget.minimumSizeHint().height() - 1:
            found.append(f"low: {text}")
    return found


def too_small(stage: Stage) -> list[str]:
    """Buttons that are hard to hit, for the size of the letters."""
    least = QApplication.fontMetrics().height()
    return [
        _text(widget)
        for widget in _shown(stage)
        if isinstance(widget, QAbstractButton)
        and min(widget.width(), widget.height()) < least
        and _text(widget)
    ]


def _shown(stage: Stage) -> list[QWidget]:
    kinds = (QAbstractButton, QLabel, QComboBox)
    return [
        widget
        for kind in kinds
        for widget in stage.window.findChildren(kind)
        if widget.isVisible() and widget.window() is stage.window
    ]


def _text(widget: QWidget) -> str:
    if isinstance(widget, QComboBox):
        return str(widget.currentText())
    return str(widget.text()) if isinstance(widget, (QAbstractButton, QLabel)) else ""


def _scrolls(widget: QWidget) -> bool:
    """Whether it lies in a list, of which only a part is seen."""
    parent = widget.parentWidget()
    while parent is not None:
        if parent.objectName() == "qt_scrollarea_viewport":
            return True
        parent = parent.parentWidget()
    return False


if __name__ == "__main__":
    main()
