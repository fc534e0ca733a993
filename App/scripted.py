"""A sketch and a search by themselves, in the real window and off screen: the headless demo."""

from __future__ import annotations

import json
import math
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PyQt5.QtCore import QEvent, QPoint, QPointF, QSize, Qt
from PyQt5.QtGui import QMouseEvent
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication

from App.application import Session
from App.desktop import make_qt_application
from App.model.choice import Choice
from App.model.opening import NoCodes
from App.model.problem import Problem
from App.model.reference import SearchOutcome
from App.model.template import TemplateVolume
from App.preferences import Preferences
from App.presenter.loading import Failed, ReferenceState, Searchable, TemplateLoaded, TemplateState
from App.tools import ADD
from App.widget.first_hint import SEEN
from sbmir import console
from sbmir.config.application import AppConfig
from sbmir.errors import DataError, NotFoundError, SbmirError, ServiceError
from sbmir.files import write_text
from sbmir.labels import TissueClass

if TYPE_CHECKING:  # only the pictures of the documents are of a study
    from App.study import StudySession

SECONDS_TO_LOAD = 240.0
SECONDS_TO_SEARCH = 60.0
LESION_PLACE = (0.68, 0.4)
"""Of the brain's width and height in the slice: in one hemisphere, before the middle."""
LESION_MM = {TissueClass.ED: 22.0, TissueClass.ET: 12.0, TissueClass.NET: 6.0}
"""Radii of what is drawn."""
BRUSH_MM = 4.0
POINT_SIZE = 10.0
NO_KEY = Qt.KeyboardModifiers(Qt.KeyboardModifier.NoModifier)

# PyQt's annotations forget that its functions are static.
_pointer: Any = QTest


def run_scripted(config: AppConfig, choice: Choice, out_dir: Path) -> int:
    """Draw a lesion, search, and write ``demo.png`` and ``demo.json`` into ``out_dir``.

    Raises
    ------
    SbmirError
        Where anything fails; then nothing is written.
    """
    with tempfile.TemporaryDirectory() as folder:
        # Nothing of what this user prefers, so that all demos look alike.
        preferences = Preferences(Path(folder) / "window.ini")
        preferences.set_flag(SEEN, value=True)
        application = start_off_screen(config, preferences)
        session = Session(config, choice, preferences, Path(folder) / "sketches")
        try:
            _write(session, choice, _play(session, config), out_dir)
        finally:
            session.window.close()
            application.processEvents()
    return 0


def start_off_screen(config: AppConfig, preferences: Preferences) -> QApplication:
    """Start Qt without a display, with letters and pixels as on a plain desktop."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ["QT_FONT_DPI"] = "96"  # so that the picture has the window's size in pixels
    application = make_qt_application(config, preferences)
    # Off screen, letters are large and the screen is small, unlike on a desktop.
    font = application.font()
    font.setPointSizeF(POINT_SIZE)
    application.setFont(font)
    return application


def _play(session: Session, config: AppConfig) -> SearchOutcome:
    script = Script(session)
    session.open()
    session.window.arrange(QSize(config.window.width, config.window.height))
    script.wait_until_loaded()
    script.draw_lesion()
    return script.search()


def _write(session: Session, choice: Choice, outcome: SearchOutcome, out_dir: Path) -> None:
    out_dir.mkdir(parents=True, exist_ok=True)
    picture, notes = out_dir / "demo.png", out_dir / "demo.json"
    if not session.window.grab().save(str(picture)):
        raise ServiceError(
            f"The picture {picture} cannot be written.", remedy="Check the folder and the disk."
        )
    write_text(notes, json.dumps(_summary(choice, outcome), indent=2) + "\n")
    console.say(f"Wrote {picture} and {notes}")


class Script:
    """What a user would do, with synthetic events of mouse and buttons."""

    def __init__(self, session: Session | StudySession) -> None:
        self._session = session
        self._template: TemplateVolume | None = None
        self._is_searchable = False
        self._outcome: SearchOutcome | None = None
        self._failure: SbmirError | None = None
        session.template_loader.state_changed.connect(self._on_template)
        session.reference_loader.state_changed.connect(self._on_reference)
        session.searching.found.connect(self._on_found)
        session.searching.failed.connect(self._on_problem)
        session.searching.refused.connect(self._on_refused)
        session.sketching.refused.connect(self._on_refused)

    def wait_until_loaded(self) -> None:
        """Wait until one can draw and search."""
        self.wait(
            lambda: self._template is not None and self._is_searchable, SECONDS_TO_LOAD, "loading"
        )

    def draw_lesion(self, center_mm: tuple[float, float] | None = None) -> None:
        """Turn sketch mode on, and draw a lesion of all structures, around a place or its own."""
        query = self._session.window.query
        _pointer.mouseClick(query.sketch_mode, Qt.MouseButton.LeftButton)
        self._session.sketching.toolbox.set_rule(ADD)
        query.tools.radius.setValue(BRUSH_MM)
        center_mm = center_mm or self.lesion_center_mm()
        for tissue, radius_mm in LESION_MM.items():
            _pointer.mouseClick(query.tools.structures[tissue], Qt.MouseButton.LeftButton)
            self._stroke(_spiral_mm(center_mm, radius_mm - BRUSH_MM))

    def search(self) -> SearchOutcome:
        """Press Search, and wait until the results are shown."""
        button = self._session.window.query.search
        return self.searched(lambda: _pointer.mouseClick(button, Qt.MouseButton.LeftButton))

    def searched(self, act: Callable[[], object]) -> SearchOutcome:
        """Do what starts a search, and wait until its results are shown."""
        self._outcome = None
        act()
        self.wait(self._is_shown, SECONDS_TO_SEARCH, "the search")
        _pointer.qWait(50)
        if self._outcome is None:
            raise ServiceError("The search gave no outcome.")
        return self._outcome

    def lesion_center_mm(self) -> tuple[float, float]:
        """A place for a lesion in the slice that is shown, as x and y."""
        if self._template is None:
            raise ServiceError("The template slice is not shown.")
        return _lesion_center_mm(self._template, self._session.sketching.slice_index)

    def wait(self, until: Callable[[], bool], seconds: float, what: str) -> None:
        """Let the window work until something holds, at most so long."""
        end = time.monotonic() + seconds
        while not until():
            if self._failure is not None:
                raise self._failure
            if time.monotonic() > end:
                raise ServiceError(f"The window gave no answer for {seconds:.0f} s: {what}.")
            _pointer.qWait(20)

    def _stroke(self, path_mm: list[tuple[float, float]]) -> None:
        canvas = self._session.window.query.canvas
        viewport = canvas.viewport()
        if viewport is None:
            raise ServiceError("The template slice is not shown.")
        points = [QPoint(*(round(v) for v in viewport.to_px(point))) for point in path_mm]
        button = Qt.MouseButton.LeftButton
        _pointer.mousePress(canvas, button, NO_KEY, points[0])
        for point in points[1:]:
            # QTest's own moves have no button held.
            moved = QMouseEvent(
                QEvent.Type.MouseMove, QPointF(point), Qt.MouseButton.NoButton, button, NO_KEY
            )
            QApplication.sendEvent(canvas, moved)
        _pointer.mouseRelease(canvas, button, NO_KEY, points[-1])

    def _is_shown(self) -> bool:
        rows = self._session.window.results.rows
        return self._outcome is not None and all(row.loaded for row in rows)

    def _on_template(self, state: TemplateState) -> None:
        if isinstance(state, TemplateLoaded):
            self._template = state.template
        elif isinstance(state, Failed):
            self._on_problem(state.problem)

    def _on_reference(self, state: ReferenceState) -> None:
        self._is_searchable = isinstance(state, Searchable)
        if isinstance(state, Failed):
            self._on_problem(state.problem)
        elif isinstance(state, NoCodes):
            self._failure = NotFoundError(state.title + ".", remedy=state.text)

    def _on_found(self, outcome: SearchOutcome) -> None:
        self._outcome = outcome

    def _on_problem(self, problem: Problem) -> None:
        self._failure = ServiceError(problem.what, why=problem.why, remedy=problem.remedy)

    def _on_refused(self, why: str) -> None:
        self._failure = DataError(why)


def _lesion_center_mm(template: TemplateVolume, index: int) -> tuple[float, float]:
    brain = template.picture(template.modalities[0], index) > 0
    if not brain.any():
        raise DataError(f"Slice {index} of the template patient {template.patient} is empty.")
    rows, columns = np.flatnonzero(brain.any(axis=1)), np.flatnonzero(brain.any(axis=0))
    height_mm, width_mm = template.extent_mm
    across, down = LESION_PLACE
    column = columns[0] + across * (columns[-1] - columns[0])
    row = rows[0] + down * (rows[-1] - rows[0])
    return column / brain.shape[1] * width_mm, row / brain.shape[0] * height_mm


def _spiral_mm(center_mm: tuple[float, float], radius_mm: float) -> list[tuple[float, float]]:
    """A way from the centre outwards, and once around, that leaves no hole beneath the brush."""
    turns = max(radius_mm / BRUSH_MM, 0.5)
    steps = round(24 * (turns + 1))
    path = []
    for step in range(steps + 1):
        turn = step / 24
        reach = radius_mm * min(turn / turns, 1.0)
        angle = 2 * math.pi * turn
        path.append(
            (center_mm[0] + reach * math.cos(angle), center_mm[1] + reach * math.sin(angle))
        )
    return path


def _summary(choice: Choice, outcome: SearchOutcome) -> dict[str, Any]:
    """What was asked and what was found; without any path of the machine."""
    template = outcome.request.template
    return {
        "dataset": choice.dataset.name,
        "model": choice.model.name,
        "template": {"patient_id": template.patient, "slice_num": template.index},
        "weight": outcome.request.weight,
        "sketch_pixels": {
            tissue.name: pixels for tissue, pixels in sorted(outcome.sketch_pixels.items())
        },
        "results": [
            {
                "rank": result.rank,
                "dataset": result.key.dataset,
                "patient_id": result.key.patient,
                "slice_num": result.key.index,
                "distance": result.distance,
            }
            for result in outcome.results
        ],
        "timings_ms": {name: round(ms, 2) for name, ms in outcome.timings_ms.items()},
    }
