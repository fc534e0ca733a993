"""The window that the drivers of these tests work in: opened, looked for things, noted, closed."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from hand import Hand
from PyQt5.QtCore import QPoint, QRect
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QAction, QApplication, QFileDialog, QLabel, QMenu, QWidget

from App.actions.group import plain
from App.application import Session
from App.desktop import make_qt_application
from App.dialog.message import ProblemDialog
from App.model.choice import Choice
from App.preferences import Preferences
from App.presenter.loading import Searchable
from App.widget.sketch_canvas import SketchCanvas
from App.widget.tool_panel import ToolPanel
from sbmir.config.application import AppConfig, read_app_config
from sbmir.labels import TissueClass

POINTS_A_TURN = 24


class Stage:
    """A session on the screen, with the hand that works in it and the notes of what was seen.

    Parameters
    ----------
    config_path:
        Settings with a data set called Demo.
    out:
        Folder for notes and photographs; what the window remembers lies there too.
    top:
        How many patients a search lists at first; by default as the settings say.
    """

    def __init__(self, config_path: Path, out: Path, top: int | None = None) -> None:
        self.out = out
        self.hand = Hand()
        self.notes: dict[str, Any] = {}
        self.preferences = Preferences(out / "window.ini")
        self._config = _with_top(read_app_config(config_path), top)
        self._application = make_qt_application(self._config, self.preferences)
        self._states: list[object] = []
        self.outcomes: list[Any] = []
        self.said: list[str] = []
        """What the window has said by itself: refusals, and how things went."""
        self.open()

    # --- The window -------------------------------------------------------------------------

    def open(self) -> None:
        """Open the window; what was remembered when the last one was closed is still there."""
        dataset = self._config.dataset_type("Demo")
        choice = Choice(dataset, dataset.model())
        self.session = Session(self._config, choice, self.preferences, self.out / "safe")
        self._states.clear()
        self.session.reference_loader.state_changed.connect(self._states.append)
        self.session.searching.found.connect(self.outcomes.append)
        for signal in (
            self.session.sketching.refused,
            self.session.searching.refused,
            self.session.notices.said,
        ):
            signal.connect(self.said.append)
        shown: list[bool] = []
        self.session.window.shown.connect(lambda: shown.append(True))
        self.session.open()
        self.until(lambda: bool(shown), "the window")
        self.take_keyboard(self.window)

    def wait_for_template(self) -> None:
        """Wait until there is a slice to sketch on."""
        self.until(lambda: self.sketching.template is not None, "the template slice")

    def wait_for_database(self) -> None:
        """Wait until one can sketch and search."""
        self.wait_for_template()
        self.until(lambda: isinstance(self.reference_state, Searchable), "the database")

    def close(self) -> None:
        """Close the window as its user would, and wait for its end."""
        gone: list[bool] = []
        self.session.closed.connect(lambda: gone.append(True))
        self.window.close()
        self.until(lambda: bool(gone), "the end of the window")
        self._application.processEvents()

    @property
    def reference_state(self) -> object:
        """How far the database is; None while nothing is known."""
        return self._states[-1] if self._states else None

    @property
    def window(self) -> Any:
        return self.session.window

    @property
    def canvas(self) -> SketchCanvas:
        return self.window.query.canvas

    @property
    def tools(self) -> ToolPanel:
        return self.window.query.tools

    @property
    def sketching(self) -> Any:
        return self.session.sketching

    @property
    def searching(self) -> Any:
        return self.session.searching

    # --- What the hand does -----------------------------------------------------------------

    def until(self, condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
        """Wait; see ``Hand.wait_until``."""
        self.hand.wait_until(condition, what, seconds)

    def rest(self, milliseconds: int = 150) -> None:
        """Let the window show what it has to show."""
        QTest.qWait(milliseconds)

    def choose_structure(self, tissue: TissueClass) -> None:
        """Let strokes draw a structure, by its button."""
        self.hand.click(self.tools.structures[tissue])

    def start_sketching(self) -> None:
        """Turn sketch mode on by its button."""
        self.hand.click(self.window.query.sketch_mode)
        self.until(lambda: self.sketching.is_sketching, "sketch mode")

    def place(self, x_mm: float, y_mm: float) -> QPoint:
        """The point of the canvas that shows a point of the slice."""
        viewport = self.canvas.viewport()
        if viewport is None:
            raise RuntimeError("No slice is shown")
        x, y = viewport.to_px((x_mm, y_mm))
        return QPoint(round(x), round(y))

    def draw(
        self, path_mm: Sequence[tuple[float, float]], held: Sequence[str] = (), button: int = 1
    ) -> None:
        """Drag over the canvas along points of the slice."""
        self.hand.drag(self.canvas, [self.place(*point) for point in path_mm], button, held)

    def dab(self, point_mm: tuple[float, float], held: Sequence[str] = ()) -> None:
        """Press and release at a point of the slice."""
        self.draw([point_mm], held)

    def set_radius(self, radius_mm: float) -> None:
        """Type a radius into its field, and go back to the canvas."""
        self.hand.double_click(self.tools.radius, QPoint(12, self.tools.radius.height() // 2))
        self.hand.press("ctrl+a")
        self.hand.type(f"{radius_mm:g}")
        self.hand.press("Tab")
        self.hand.point_at(self.canvas)

    def choose(self, *path: str) -> None:
        """Click through the menus: title, perhaps submenus, entry."""
        bar = self.window.menuBar()
        title, *rest = path
        self.hand.click(bar, bar.actionGeometry(_entry(bar.actions(), title)).center())
        menu = self.open_menu(title)
        self.choose_in(menu, *rest)

    def choose_in(self, menu: QMenu, *path: str) -> None:
        """Click through a menu that is open."""
        for name in path:
            action = _entry(menu.actions(), name)
            self.hand.click(menu, menu.actionGeometry(action).center())
            inner = action.menu()
            if inner is not None and name != path[-1]:
                self.until(inner.isVisible, f"the menu {name}")
                menu = inner

    def open_menu(self, what: str) -> QMenu:
        """The menu that has just opened."""
        self.until(lambda: isinstance(QApplication.activePopupWidget(), QMenu), f"the menu {what}")
        menu = QApplication.activePopupWidget()
        if not isinstance(menu, QMenu):
            raise TypeError(what)
        return menu

    def take_keyboard(self, widget: QWidget) -> None:
        """Give a window the keyboard, as a window manager does when one clicks into it."""
        self.hand.focus(widget)
        self.until(widget.isActiveWindow, "the keyboard")

    def name_file(self, path: Path) -> None:
        """Type a path into the dialog that asks for a file."""
        self.until(lambda: isinstance(QApplication.activeModalWidget(), QFileDialog), "a dialog")
        dialog = QApplication.activeModalWidget()
        if dialog is None:
            raise RuntimeError("The dialog is gone")
        self.take_keyboard(dialog)
        self.hand.press("ctrl+a")
        self.hand.type(str(path))
        self.hand.press("Return")
        self.until(lambda: QApplication.activeModalWidget() is not dialog, "the dialog's end")
        self.hand.focus(self.window)  # unless what was named made another dialog open

    def read_problem(self) -> str:
        """What the dialog of a problem says; it is closed by Enter."""
        self.until(lambda: isinstance(self._dialog(), ProblemDialog), "the problem")
        dialog = self._dialog()
        self.take_keyboard(dialog)
        text = "\n".join(label.text() for label in dialog.findChildren(QLabel))
        self.hand.press("Return")
        self.until(lambda: self._dialog() is not dialog, "the problem's end")
        self.take_keyboard(self.window)
        return text

    @staticmethod
    def _dialog() -> Any:
        return QApplication.activeModalWidget() or QApplication.activeWindow()

    # --- What is seen -----------------------------------------------------------------------

    def photograph(self, name: str) -> None:
        """Save what is on the screen under a name."""
        self.rest()
        self.hand.photograph(self.out / f"{name}.png")

    def note(self, **what: Any) -> None:
        """Write something down for the test."""
        self.notes.update(what)

    def area_mm2(self, tissue: TissueClass) -> float:
        """What the window says of the area of a structure; 0 where nothing is drawn."""
        self.rest(200)  # the numbers follow a moment later
        text = self.window.query.readout.readings[tissue].text.text()
        number = text.split(" ")[0].replace(",", "")
        return float(number) if number[:1].isdigit() else 0.0

    def n_contours(self, tissue: TissueClass) -> int:
        """Contours of a structure."""
        return len(self.sketching.sketch.region(tissue))

    def found(self) -> list[str]:
        """The patients that are listed, the nearest first."""
        return [row.result.key.patient for row in self.window.results.rows]

    def wait_for_results(self, count: int) -> None:
        """Wait for a number of searches since the beginning, with all their pictures."""
        self.until(lambda: len(self.outcomes) >= count, f"search {count}")
        self.until(lambda: all(row.loaded for row in self.window.results.rows), "the pictures")

    def searched(self, act: Callable[[], object]) -> list[list[Any]]:
        """Do something that ends in a search; what it finds: patient, slice and distance."""
        before = len(self.outcomes)
        act()
        self.wait_for_results(before + 1)
        self.rest(400)  # longer than a live search waits: nothing else may follow
        return self.listed()

    def row_with_lesion(self, first: int = 0) -> Any:
        """The row with the largest lesion, scrolled into sight; of those from the first on.

        Any row may show a slice without a lesion: which slice is found is the model's affair.
        """
        rows = self.window.results.rows[first:]
        self.until(lambda: all(row.reasons is not None for row in rows), "the reasons")
        row = max(rows, key=lambda row: row.reasons.size_ratio)
        self.window.results.found.list.ensureWidgetVisible(row)
        self.rest()
        return row

    def listed(self) -> list[list[Any]]:
        """What the rows show: patient, slice and distance."""
        results = [row.result for row in self.window.results.rows]
        return [[r.key.patient, r.key.index, round(r.distance, 5)] for r in results]


@contextmanager
def on_stage(top: int | None = None) -> Iterator[Stage]:
    """Open the window that the command line asks for; in the end write down what was noted."""
    config_path, out = (Path(argument) for argument in sys.argv[1:3])
    stage = Stage(config_path, out, top)
    try:
        yield stage
        (out / "seen.json").write_text(json.dumps(stage.notes), encoding="utf-8")
    except BaseException:
        stage.hand.photograph(out / "failed.png")
        raise
    stage.close()


def ring(middle_mm: tuple[float, float], radius_mm: float) -> list[tuple[float, float]]:
    """A way once around a point of the slice."""
    x, y = middle_mm
    turns = [2 * math.pi * step / POINTS_A_TURN for step in range(POINTS_A_TURN + 1)]
    return [(x + radius_mm * math.cos(t), y + radius_mm * math.sin(t)) for t in turns]


def rectangle(widget: QWidget, inside: QRect | None = None) -> list[int]:
    """Left, top, width and height on the screen, in its own pixels."""
    box = widget.rect() if inside is None else inside
    ratio = widget.devicePixelRatioF()
    corner = widget.mapToGlobal(box.topLeft())
    return [round(v * ratio) for v in (corner.x(), corner.y(), box.width(), box.height())]


def _entry(actions: Sequence[QAction], name: str) -> QAction:
    for action in actions:
        if plain(action.text()).removesuffix("…") == name:
            return action
    raise LookupError(f"{name}: {[plain(action.text()) for action in actions]}")


def _with_top(config: AppConfig, top: int | None) -> AppConfig:
    return config if top is None else replace(config, search=replace(config.search, top_k=top))
