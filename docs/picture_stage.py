"""The running application without a display, and how its pictures are taken."""

from __future__ import annotations

import gc
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from PIL import Image
from PyQt5.QtCore import QEvent, QPoint, QPointF, QRect, QSize, Qt
from PyQt5.QtGui import QImage, QMouseEvent, QPainter, QPixmap
from PyQt5.QtWidgets import QApplication, QDialog, QWidget

from App.application import Session
from App.model.choice import Choice
from App.model.sketch_document import SketchDocument
from App.model.study.questions import open_study
from App.model.study.reader import begin_session
from App.preferences import Preferences
from App.presenter.placing import shown_document
from App.scripted import NO_KEY, Script, start_off_screen
from App.study import StudySession
from App.widget.main_window import MainWindow
from App.widget.study_window import StudyWindow
from sbmir.config.application import AppConfig, read_app_config

COLORS = 255
"""Of a picture's palette: a window of greys and a few colours needs no more."""
SECONDS = 60.0
MARGIN_PX = 6
LEFT, NO_BUTTON = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
Point = tuple[float, float]
"""x and y on the slice, in mm."""
Points = Sequence[Point]
D = TypeVar("D", bound=QDialog)


class Camera:
    """Takes pictures of a window and its parts.

    Parameters
    ----------
    out_dir:
        The folder that the pictures go to.
    """

    def __init__(self, window: MainWindow | StudyWindow, script: Script, out_dir: Path) -> None:
        self._window = window
        self.script = script
        self._out_dir = out_dir

    def wait(self, until: Callable[[], bool], what: str) -> None:
        """Let the window work until something holds."""
        self.script.wait(until, SECONDS, what)

    def take_window(self, name: str) -> None:
        """Take a picture of the whole window."""
        self._save(name, self._grabbed(self._window))

    def take_widget(self, name: str, widget: QWidget, height: int | None = None) -> None:
        """Take a picture of one part of the window, or of a window beside it.

        Parameters
        ----------
        height:
            How much of it, from the top; by default all.
        """
        picture = self._grabbed(widget)
        self._save(name, picture if height is None else picture.copy(0, 0, picture.width(), height))

    def take_around(self, name: str, *widgets: QWidget, above: QWidget | None = None) -> None:
        """Take a picture of the part of the window that holds some widgets.

        Parameters
        ----------
        above:
            A menu or panel that lies over the window.
        """
        window = self._window
        picture = self._grabbed(window)  # first: its places and sizes settle by it
        area = QRect()
        for widget in (*widgets, *([] if above is None else [above])):
            corner = window.mapFromGlobal(widget.mapToGlobal(QPoint(0, 0)))
            area = area.united(QRect(corner, widget.size()))
        if above is not None:
            painter = QPainter(picture)
            painter.drawPixmap(window.mapFromGlobal(above.mapToGlobal(QPoint(0, 0))), above.grab())
            painter.end()
        margins = (-MARGIN_PX, -MARGIN_PX, MARGIN_PX, MARGIN_PX)
        self._save(name, picture.copy(area.adjusted(*margins).intersected(window.rect())))

    def take_file(self, name: str, path: Path, size: tuple[int, int]) -> None:
        """Take a picture that the application has written: its top, in a width and height."""
        width, height = size
        with Image.open(path) as image:
            scaled = image.convert("RGB").resize(
                (width, round(image.height * width / image.width)), Image.Resampling.LANCZOS
            )
            self._write(name, scaled.crop((0, 0, width, min(height, scaled.height))))

    def _grabbed(self, widget: QWidget) -> QPixmap:
        end = Settling()
        self.wait(end.is_over, "the window to come to rest")
        summary = self._window.results.summary
        # The time that it took would make the pictures differ from one run to the next.
        summary.setText(re.sub(r"\(\d+ ms\)", "(20 ms)", summary.text()))
        return widget.grab()

    def _save(self, name: str, pixmap: QPixmap) -> None:
        image = pixmap.toImage().convertToFormat(QImage.Format.Format_RGB888)
        bits = image.constBits()
        if bits is None:
            raise RuntimeError(f"{name} has no pixels")
        size = (image.width(), image.height())
        pixels = bytes(bits.asarray(image.sizeInBytes()))
        self._write(name, Image.frombytes("RGB", size, pixels, "raw", "RGB", image.bytesPerLine()))

    def _write(self, name: str, image: Image.Image) -> None:
        palette = image.quantize(
            COLORS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
        )
        palette.save(self._out_dir / f"{name}.png", optimize=True)


class Stage(Camera):
    """A window that is worked in."""

    def __init__(
        self,
        config: AppConfig,
        session: Session,
        script: Script,
        safe_folder: Path,
        out_dir: Path,
    ) -> None:
        super().__init__(session.window, script, out_dir)
        self.config = config
        self.session = session
        self.safe_folder = safe_folder

    @property
    def window(self) -> MainWindow:
        """The main window."""
        return self.session.window

    # --- Work -------------------------------------------------------------------------------

    def do(self, name: str) -> None:
        """Do what a line of the menus does, by its name in the list of keys."""
        lines = {name: action for group in self.window.groups for name, action in group.lines}
        lines[name].trigger()

    def draw(self, structure: str, path_mm: Points, radius_mm: float | None = None) -> None:
        """Draw a stroke of a structure, with the brush where it has a radius, else the pen."""
        self.take(structure, radius_mm)
        self.drag(path_mm)

    def take(self, structure: str, radius_mm: float | None = None) -> None:
        """Take a structure, and the brush where there is a radius, else the pen."""
        self.do(structure)
        self.do("Pen" if radius_mm is None else "Brush")
        if radius_mm is not None:
            self.session.sketching.toolbox.set_radius_mm(radius_mm)

    def undo(self) -> None:
        """Take back the last step."""
        self.session.sketching.undo_stack.undo()

    def drag(self, path_mm: Points) -> None:
        """Drag over the slice."""
        self.press(path_mm[0])
        self.move(path_mm[1:])
        self.release(path_mm[-1])

    def press(self, place_mm: Point, button: Qt.MouseButton = LEFT) -> None:
        """Press a button on the slice."""
        self._send(QEvent.Type.MouseButtonPress, place_mm, button, button)

    def move(self, path_mm: Points, button: Qt.MouseButton = LEFT) -> None:
        """Go on with the button pressed."""
        for place_mm in path_mm:
            self._send(QEvent.Type.MouseMove, place_mm, NO_BUTTON, button)

    def release(self, place_mm: Point, button: Qt.MouseButton = LEFT) -> None:
        """Let go of the button."""
        self._send(QEvent.Type.MouseButtonRelease, place_mm, button, NO_BUTTON)

    def hover(self, place_mm: Point) -> None:
        """Point at a place of the slice."""
        self._send(QEvent.Type.MouseMove, place_mm, NO_BUTTON, NO_BUTTON)

    def look_away(self) -> None:
        """Take the pointer off the slice."""
        QApplication.sendEvent(self.window.query.canvas, QEvent(QEvent.Type.Leave))

    def _send(
        self, kind: QEvent.Type, place_mm: Point, button: Qt.MouseButton, held: Qt.MouseButton
    ) -> None:
        canvas = self.window.query.canvas
        viewport = canvas.viewport()
        if viewport is None:
            raise RuntimeError("No slice is shown")
        place = QPointF(*viewport.to_px(place_mm))
        QApplication.sendEvent(canvas, QMouseEvent(kind, place, button, held, NO_KEY))

    # --- What is there ----------------------------------------------------------------------

    def document(self) -> SketchDocument:
        """What is drawn, with its slice."""
        document = shown_document(self.config.dataset_types[0].data_set, self.session.sketching)
        if document is None:
            raise RuntimeError("Nothing is drawn")
        return document

    def dialogs(self, kind: type[D]) -> list[D]:
        """The dialogs that are open over the window."""
        return [one for one in self.window.findChildren(kind) if one.isVisible()]


class StudyStage(Camera):
    """A window in which a reader answers."""

    def __init__(
        self, choice: Choice, session: StudySession, script: Script, out_dir: Path
    ) -> None:
        super().__init__(session.window, script, out_dir)
        self.session = session
        self.data_set = choice.dataset.data_set
        self.slices_dir = choice.dataset.slices_dir


class Settling:
    """Is over when the window has gone round its events a few times."""

    def __init__(self, rounds: int = 6) -> None:
        self._left = rounds

    def is_over(self) -> bool:
        """Count a round."""
        self._left -= 1
        return self._left < 0


@contextmanager
def on_stage(config_path: Path, out_dir: Path, size: tuple[int, int]) -> Iterator[Stage]:
    """Open the window on a database, for a user who sees it for the first time."""
    with _newcomer(config_path) as (config, choice, preferences, folder):
        safe_folder = folder / "sketches"
        session = Session(config, choice, preferences, safe_folder)
        with _opened(session, size) as script:
            yield Stage(config, session, script, safe_folder, out_dir)


@contextmanager
def on_study_stage(config_path: Path, out_dir: Path, size: tuple[int, int]) -> Iterator[StudyStage]:
    """Open the window of the reader study, for a reader who begins."""
    with _newcomer(config_path) as (config, choice, preferences, folder):
        study = open_study(choice.dataset)
        reader = begin_session(folder / "results", choice, study, "Ann", 12)
        session = StudySession(config, choice, preferences, study, reader)
        with _opened(session, size) as script:
            yield StudyStage(choice, session, script, out_dir)


def let_go(application: QApplication) -> None:
    """Delete what is left of a window that nobody holds any more, while Qt is still there.

    Widgets that outlive Qt's application end the program with a fault of memory.
    """
    gc.collect()
    application.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    application.processEvents()


@contextmanager
def _newcomer(config_path: Path) -> Iterator[tuple[AppConfig, Choice, Preferences, Path]]:
    """Read the settings, and make a place for what somebody prefers who has chosen nothing yet."""
    config = read_app_config(config_path)
    dataset = config.dataset_types[0]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        preferences = Preferences(folder / "window.ini")
        preferences.set_text("theme", "light")
        application = start_off_screen(config, preferences)  # Qt ends where nobody holds it
        yield config, Choice(dataset, dataset.model()), preferences, folder
        application.processEvents()


@contextmanager
def _opened(session: Session | StudySession, size: tuple[int, int]) -> Iterator[Script]:
    script = Script(session)
    session.open()
    if isinstance(session, Session):
        session.window.arrange(QSize(*size))
    try:
        script.wait_until_loaded()
        session.window.resize(*size)
        yield script
    finally:
        session.window.close()
