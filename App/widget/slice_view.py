"""A widget that shows one slice picture, sharp and in true proportion, with the patient's sides."""

from __future__ import annotations

from dataclasses import replace

from PyQt5.QtCore import QRect, QRectF, QSize, Qt
from PyQt5.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PyQt5.QtWidgets import QSizePolicy, QWidget

from App.model.picture import SlicePicture
from App.model.view_state import ViewState, window_label
from App.model.viewport import Point, Viewport
from App.widget.gestures import Gesture, PanDrag, Press, RulerDrag, WheelNotches, WindowDrag
from App.widget.overlays import (
    LABEL_COLOR,
    paint_label,
    paint_letters,
    paint_message,
    paint_ruler,
)
from App.widget.picture_layer import PictureLayer

MARGIN_PX = 26
AROUND_PICTURE = QColor(0, 0, 0)  # as the air in the picture
MESSAGE_BACKGROUND = QColor(16, 18, 22)
ZOOM_STEP = 1.2


class SliceView(QWidget):
    """Shows a slice picture, or says why there is none; the user zooms, pans and windows it.

    Ctrl+wheel zooms to the pointer, a middle drag pans, a right drag changes the grey window, a
    double-click resets both. While measuring is on, a left drag draws a ruler; else the left
    button and the plain wheel are left to subclasses, which hand on to these handlers whatever
    they do not take.

    Parameters
    ----------
    message, detail:
        Shown while there is no picture: a line, and a quieter one below it.
    """

    def __init__(self, message: str, detail: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._message = message
        self._detail = detail
        self._picture: SlicePicture | None = None
        self._picture_layer = PictureLayer()
        self._state = ViewState()
        self._gesture: tuple[Qt.MouseButton, Gesture] | None = None
        self._is_measuring = False
        self._zoom_notches = WheelNotches()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        # The right button changes the window; it shall not open a menu of the main window too.
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 240)

    # --- What is shown ----------------------------------------------------------------------

    def set_picture(self, picture: SlicePicture | None) -> None:
        """Show a picture, or the message; another patient is looked at from the start."""
        self._gesture = None  # it began on another picture
        state = self._state.after(self._picture, picture)
        self._picture = picture
        self._look(state)
        self.update()

    def viewport(self) -> Viewport | None:
        """Where the picture lies in the widget; None while there is none."""
        if self._picture is None:
            return None
        return self._state.zoom.placed(self._picture.frame, self._size_px(), MARGIN_PX)

    @property
    def view_state(self) -> ViewState:
        """How the user looks at the pictures."""
        return self._state

    @property
    def is_measuring(self) -> bool:
        """Whether a left drag draws a ruler."""
        return self._is_measuring

    def set_measuring(self, on: bool) -> None:
        """Let a left drag draw a ruler; off takes the ruler away."""
        if on == self._is_measuring:
            return
        self.cancel_gesture()
        self._is_measuring = on
        self.clear_ruler()

    def clear_ruler(self) -> None:
        """Take the ruler away."""
        self._look(replace(self._state, ruler=None))

    def zoom_by(self, ratio: float, at_px: Point | None = None) -> None:
        """Enlarge so many times; what is under ``at_px``, or in the middle, stays there."""
        viewport = self.viewport()
        if viewport is not None:
            at_px = at_px or (self.width() / 2, self.height() / 2)
            zoom = self._state.zoom.scaled(ratio, at_px, viewport, self._size_px())
            self._look(replace(self._state, zoom=zoom))

    def pan_by(self, right: float, down: float) -> None:
        """Move the picture by shares of the widget's width and height."""
        viewport = self.viewport()
        if viewport is not None:
            by_px = right * self.width(), down * self.height()
            zoom = self._state.zoom.shifted(by_px, viewport, self._size_px())
            self._look(replace(self._state, zoom=zoom))

    def reset_view(self) -> None:
        """Show all of the head again, in the picture's own window."""
        self.cancel_gesture()
        windows = dict(self._state.windows)
        if self._picture is not None:
            windows.pop(self._picture.modality, None)
        self._look(ViewState(windows=windows, ruler=self._state.ruler))

    def cancel_gesture(self) -> None:
        """Give up a drag that changes zoom, window or ruler: all is as before it."""
        if self._gesture is not None:
            _, gesture = self._gesture
            self._end_gesture()
            self._look(gesture.cancelled())

    def _look(self, state: ViewState) -> None:
        """Take over another way to look at the picture."""
        if self._picture is not None:
            state = replace(state, zoom=state.zoom.within(self._picture.frame))
        if state == self._state:
            return
        self._state = state
        self.update()

    def _size_px(self) -> tuple[float, float]:
        return float(self.height()), float(self.width())

    # --- Pointer, wheel and keys ------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Begin a drag of the middle or right button, or of the left one to measure."""
        viewport = self.viewport()
        if event is None:
            return
        kinds: dict[Qt.MouseButton, type[PanDrag | WindowDrag | RulerDrag]] = {
            Qt.MouseButton.MiddleButton: PanDrag,
            Qt.MouseButton.RightButton: WindowDrag,
        }
        if self._is_measuring:
            kinds[Qt.MouseButton.LeftButton] = RulerDrag
        kind = kinds.get(event.button())
        alone = int(event.buttons()) == int(event.button())
        if kind is None or not alone or self._picture is None or viewport is None:
            event.ignore()
            return
        press = Press(_place(event), self._picture, viewport, self._size_px(), self._state)
        self._gesture = event.button(), kind(press)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Go on with a drag."""
        if event is None or self._gesture is None:
            return
        self._look(self._gesture[1].moved(_place(event)))

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 (Qt's name)
        """End a drag."""
        if event is not None and self._gesture is not None and event.button() == self._gesture[0]:
            self._look(self._gesture[1].moved(_place(event)))
            self._end_gesture()

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Reset zoom and window."""
        if event is not None:
            self.reset_view()

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Zoom to the pointer while Ctrl is held."""
        if event is None:
            return
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()
            return
        if notches := self._zoom_notches.take(event.angleDelta().y()):
            place = event.position()
            self.zoom_by(ZOOM_STEP**notches, (place.x(), place.y()))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Escape gives up a drag; without one it takes the ruler away."""
        if event is None:
            return
        if event.key() == Qt.Key.Key_Escape and self._gesture is not None:
            self.cancel_gesture()
        elif event.key() == Qt.Key.Key_Escape and self._state.ruler is not None:
            self.clear_ruler()
        else:
            super().keyPressEvent(event)

    def _end_gesture(self) -> None:
        self._gesture = None
        self.update()  # what is written only during a drag

    # --- Painting ---------------------------------------------------------------------------

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Large enough to draw on."""
        return QSize(560, 560)

    def paint_over(self, painter: QPainter, area: QRect, viewport: Viewport) -> None:
        """Draw on the picture, within ``area`` at least; for subclasses."""

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Draw the picture, what a subclass puts on it, the letters and the ruler."""
        if event is None:
            return
        painter = QPainter(self)
        viewport = self.viewport()
        room = QRectF(self.rect())
        if self._picture is None or viewport is None:
            painter.fillRect(event.rect(), MESSAGE_BACKGROUND)
            paint_message(painter, self._message, self._detail, room, float(MARGIN_PX), self.font())
            return
        painter.fillRect(event.rect(), AROUND_PICTURE)
        self._picture_layer.paint(
            painter,
            self._picture,
            self._state.window(self._picture),
            viewport,
            self._size_px(),
            self.devicePixelRatioF(),
        )
        self.paint_over(painter, event.rect(), viewport)
        paint_letters(painter, self._picture.letters, room, float(MARGIN_PX), self.font())
        if self._state.ruler is not None:
            paint_ruler(painter, self._state.ruler, viewport, room, self.font())
        self._paint_state(painter, self._picture, room)

    def _paint_state(self, painter: QPainter, picture: SlicePicture, room: QRectF) -> None:
        """Write how large it is shown, and the window while it is being changed."""
        said = []
        if self._gesture is not None and self._gesture[1].shows_window:
            said.append(window_label(self._state.window(picture)))
        if not self._state.zoom.is_fitting:
            said.append(f"{self._state.zoom.factor * 100:.0f} %")
        corner = room.adjusted(8, 0, 0, -6)
        flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom)
        if said:
            paint_label(painter, "   ".join(said), corner, flags, LABEL_COLOR, self.font())


def _place(event: QMouseEvent) -> Point:
    place = event.localPos()
    return place.x(), place.y()
