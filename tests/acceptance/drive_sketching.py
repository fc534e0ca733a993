"""Draws with brush and pen, and notes what each stroke made of the sketch."""

from __future__ import annotations

from typing import Any

from PyQt5.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PyQt5.QtGui import QTabletEvent
from PyQt5.QtWidgets import QApplication, QToolButton
from stage import Stage, on_stage, rectangle

from sbmir.labels import TissueClass

ED, ET, NET = TissueClass.ED, TissueClass.ET, TissueClass.NET
HERE = (75.0, 100.0)
AWAY = (150.0, 90.0)
BRUSH_MM = 10.0
HOLE_MM = 4.0
HANDLE_PX = 14


def main() -> None:
    """Do what a user would do, feature by feature."""
    with on_stage() as stage:
        stage.wait_for_template()
        stage.note(template=stage.sketching.template.patient, slice=stage.sketching.slice_index)
        stage.note(canvas=rectangle(stage.canvas))
        stage.photograph("empty")
        stage.start_sketching()
        resize_the_brush(stage)
        follow_the_rules(stage)
        draw_with_the_pen(stage)
        keep_several_contours(stage)
        nest_structures(stage)
        look_through_and_hide(stage)
        draw_with_a_tablet(stage)


def resize_the_brush(stage: Stage) -> None:
    """By typing, by the wheel and by the keys; the ring shows it."""
    radii: dict[str, float] = {"first": stage.tools.radius.value()}
    stage.hand.point_at(stage.canvas, stage.place(*HERE))
    stage.hand.press("bracketright", "bracketright", "bracketright")
    radii["keys up"] = stage.tools.radius.value()
    stage.hand.press("bracketleft", "bracketleft", "bracketleft")
    radii["keys down"] = stage.tools.radius.value()
    stage.hand.wheel(stage.canvas, 4, stage.place(*HERE))
    radii["wheel up"] = stage.tools.radius.value()
    stage.hand.wheel(stage.canvas, -100, stage.place(*HERE))
    radii["wheel down"] = stage.tools.radius.value()
    stage.set_radius(BRUSH_MM)
    radii["typed"] = stage.tools.radius.value()
    stage.hand.point_at(stage.canvas, stage.place(*HERE))
    stage.photograph("ring")
    at = stage.place(*HERE)
    stage.note(radii=radii, ring=[at.x(), at.y()])


def follow_the_rules(stage: Stage) -> None:
    """Add by starting inside, take away by starting outside; Shift and Ctrl always know best."""
    areas: dict[str, float] = {}
    x, y = HERE
    stage.dab(HERE)
    areas["first dab"] = stage.area_mm2(ED)
    stage.draw([HERE, (x + 20, y)])
    areas["started inside"] = stage.area_mm2(ED)
    stage.draw([(x + 45, y), (x + 25, y)])
    areas["started outside"] = stage.area_mm2(ED)
    stage.draw([(x - 25, y), (x - 15, y)], held=["shift"])
    areas["shift outside"] = stage.area_mm2(ED)
    stage.set_radius(HOLE_MM)
    stage.dab(HERE, held=["ctrl"])
    areas["ctrl inside"] = stage.area_mm2(ED)
    stage.note(holes=sum(len(c.holes) for c in stage.sketching.sketch.region(ED)))
    stage.hand.point_at(stage.canvas, QPoint(30, 30))  # without the ring over it
    stage.photograph("hole")
    stage.note(hole=_point(stage, HERE), rim=_point(stage, (x, y + 7)))
    with stage.hand.dragging(stage.canvas, [stage.place(x, y), stage.place(x, y + 30)]):
        areas["while dragging"] = stage.area_mm2(ED)
        stage.hand.press("Escape")
    areas["given up"] = stage.area_mm2(ED)
    stage.note(areas=areas)


def draw_with_the_pen(stage: Stage) -> None:
    """An outline that crosses itself, chosen by its key."""
    stage.hand.press("p")
    stage.choose_structure(ET)
    x, y = AWAY
    stage.draw([(x, y), (x + 20, y + 20), (x + 20, y), (x, y + 20), (x, y)])  # an hourglass
    stage.note(pen=stage.area_mm2(ET), pen_contours=stage.n_contours(ET))
    stage.hand.press("ctrl+z")
    stage.draw([(x, y), (x + 20, y), (x + 20, y + 20), (x, y + 20)])  # closes by itself
    stage.note(pen_square=stage.area_mm2(ET))
    stage.hand.press("ctrl+z", "b")


def keep_several_contours(stage: Stage) -> None:
    """Add a contour, change between them, delete the active one, select under the pointer."""
    counts: list[int] = []
    stage.set_radius(5)
    for x in (0, 20):
        stage.hand.press("a")
        stage.dab((AWAY[0] + x, AWAY[1]))
        counts.append(stage.n_contours(ET))
    stage.hand.press("c")  # from the right one around to the left one
    stage.hand.press("d")
    counts.append(stage.n_contours(ET))
    stage.note(left_after_delete=_leftmost(stage, ET))
    stage.hand.press("ctrl+z")
    counts.append(stage.n_contours(ET))
    stage.choose_structure(NET)
    stage.hand.point_at(stage.canvas, stage.place(AWAY[0] + 20, AWAY[1]))
    stage.hand.press("s")  # what is under the pointer is of another structure
    stage.note(selected=stage.sketching.toolbox.structure.tissue.name)
    stage.hand.press("d")
    counts.append(stage.n_contours(ET))
    stage.note(left_after_select=_leftmost(stage, ET), counts=counts)
    stage.choose_structure(ET)
    stage.hand.click(_button(stage, "Clear"))
    stage.note(after_clear=stage.n_contours(ET))


def nest_structures(stage: Stage) -> None:
    """Draw the inner ones first: the published order of painting still puts them on top."""
    for tissue, radius_mm in ((NET, 5), (ET, 10), (ED, 18)):
        stage.choose_structure(tissue)
        stage.set_radius(radius_mm)
        stage.hand.press("a")
        stage.dab(AWAY)
    stage.hand.point_at(stage.canvas, QPoint(5, 5))
    slide(stage.tools.opacity, stage, to_right=True)
    stage.note(opaque=stage.tools.opacity.value())
    stage.photograph("nested")
    x, y = AWAY
    stage.note(
        inside={
            "NET": _point(stage, AWAY),
            "ET": _point(stage, (x + 7.5, y)),
            "ED": _point(stage, (x + 14, y)),
        }
    )


def look_through_and_hide(stage: Stage) -> None:
    """Opacity to the left, and an eye closed."""
    slide(stage.tools.opacity, stage, to_right=False)
    stage.note(transparent=stage.tools.opacity.value())
    stage.photograph("transparent")
    stage.hand.click(stage.tools.eyes[ED])
    stage.note(hidden_still_drawn=stage.n_contours(ED))
    stage.photograph("hidden")
    stage.hand.press("h")
    stage.note(shown_again=stage.sketching.appearance.is_shown(ED))


def draw_with_a_tablet(stage: Stage) -> None:
    """Press lightly and hard with a pen, then turn it around."""
    stage.choose_structure(NET)
    stage.hand.press("shift+p")
    stage.set_radius(10)
    areas: dict[str, float] = {"before": stage.area_mm2(NET)}
    for name, pressure in (("lightly", 0.3), ("hard", 1.0)):
        stage.hand.press("a")
        _tablet(stage, (90.0, 150.0), pressure, QTabletEvent.PointerType.Pen)
        areas[name] = stage.area_mm2(NET)
        stage.hand.press("ctrl+z")
    _tablet(stage, AWAY, 1.0, QTabletEvent.PointerType.Eraser)
    areas["turned around"] = stage.area_mm2(NET)
    stage.note(tablet=areas)


def _tablet(stage: Stage, at_mm: tuple[float, float], pressure: float, end: Any) -> None:
    """Touch the canvas with a tablet's pen, as its driver tells Qt."""
    place = QPointF(stage.place(*at_mm))
    on_screen = QPointF(stage.canvas.mapToGlobal(place.toPoint()))
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    for kind, button, buttons in (
        (QEvent.Type.TabletPress, left, left),
        (QEvent.Type.TabletMove, none, left),
        (QEvent.Type.TabletRelease, left, none),
    ):
        event = QTabletEvent(
            kind,
            place,
            on_screen,
            int(QTabletEvent.TabletDevice.Stylus),
            int(end),
            pressure,
            0,
            0,
            0.0,
            0.0,
            0,
            Qt.KeyboardModifiers(Qt.KeyboardModifier.NoModifier),
            1,
            button,
            Qt.MouseButtons(buttons),
        )
        QApplication.sendEvent(stage.canvas, event)
        stage.rest(20)


def _point(stage: Stage, at_mm: tuple[float, float]) -> list[int]:
    """A small part of the screen around a point of the slice."""
    at = stage.place(*at_mm)
    return rectangle(stage.canvas, QRect(at.x() - 2, at.y() - 2, 5, 5))


def _leftmost(stage: Stage, tissue: TissueClass) -> float:
    return min(float(c.outer[:, 0].min()) for c in stage.sketching.sketch.region(tissue))


def slide(slider: Any, stage: Stage, *, to_right: bool) -> None:
    """Drag a slider's handle to one of its ends, and beyond."""
    y, width = slider.height() // 2, slider.width()
    handle = round(slider.value() / slider.maximum() * (width - HANDLE_PX)) + HANDLE_PX // 2
    end = width + 20 if to_right else -20
    stage.hand.drag(slider, [QPoint(handle, y), QPoint(width // 2, y), QPoint(end, y)])


def _button(stage: Stage, text: str) -> Any:
    return next(b for b in stage.tools.findChildren(QToolButton) if b.text() == text)


if __name__ == "__main__":
    main()
