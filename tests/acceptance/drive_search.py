"""Draws a lesion of two structures with a real mouse, searches, and writes down what is seen."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

from hand import Hand
from PyQt5.QtCore import QPoint
from PyQt5.QtTest import QTest

from App.application import Session
from App.desktop import make_qt_application
from App.model.choice import Choice
from App.preferences import Preferences
from App.presenter.loading import Searchable
from sbmir.config.application import read_app_config
from sbmir.labels import TissueClass


def main(config_path: Path, out: Path) -> None:
    """Do what a user would do, in the window of the first data set."""
    config = read_app_config(config_path)
    dataset = config.dataset_type("Demo")
    preferences = Preferences(out / "window.ini")
    application = make_qt_application(config, preferences)
    session = Session(config, Choice(dataset, dataset.model()), preferences, out / "sketches")
    states, outcomes = [], []
    session.reference_loader.state_changed.connect(states.append)
    session.searching.found.connect(outcomes.append)
    session.open()
    window, hand = session.window, Hand()
    hand.wait_until(lambda: session.sketching.template is not None, "the template slice")
    hand.wait_until(lambda: states and isinstance(states[-1], Searchable), "the database")

    canvas, tools = window.query.canvas, window.query.tools
    hand.click(window.query.sketch_mode)
    middle = canvas.rect().center() + QPoint(canvas.height() // 8, -canvas.height() // 12)
    hand.click(tools.rules["Add"])
    hand.click(tools.structures[TissueClass.ED])
    hand.drag(canvas, ring(middle, 40))
    hand.click(tools.structures[TissueClass.ET])
    hand.drag(canvas, ring(middle, 14))
    hand.drag(canvas, [middle + QPoint(-150, 0), middle + QPoint(-140, 0)])  # a slip
    n_steps = session.sketching.undo_stack.count()
    hand.press("ctrl+z")
    hand.click(window.query.search)
    hand.wait_until(lambda: len(outcomes) == 1, "the ranked patients")
    rows = window.results.rows
    hand.wait_until(lambda: all(p.has_picture for r in rows for p in r.pictures), "the pictures")
    QTest.qWait(200)
    hand.photograph(out / "screen.png")
    seen = {
        "title": window.windowTitle(),
        "steps": n_steps,
        "undone": session.sketching.undo_stack.canRedo(),
        "template": outcomes[0].request.template.patient,
        "pixels": {tissue.name: n for tissue, n in outcomes[0].sketch_pixels.items()},
        "titles": [row.title.text() for row in rows],
        "patients": [row.result.key.patient for row in rows],
        "distances": [row.result.distance for row in rows],
        "summary": window.results.summary.text(),
        "canvas": rectangle(canvas),
        "pictures": [rectangle(picture) for picture in rows[0].pictures],
    }
    hand.press("Return")  # the same search again, from the keyboard
    hand.wait_until(lambda: len(outcomes) == 2, "the second search")
    seen["again"] = [row.result.key.patient for row in window.results.rows]
    (out / "seen.json").write_text(json.dumps(seen), encoding="utf-8")
    window.close()
    application.processEvents()


def ring(middle: QPoint, radius: int) -> list[QPoint]:
    """A way once around, and across the inside."""
    turns = [2 * math.pi * step / 16 for step in range(17)]
    edge = [
        middle + QPoint(round(radius * math.cos(t)), round(radius * math.sin(t))) for t in turns
    ]
    return [*edge, middle]


def rectangle(widget) -> list[int]:
    """Left, top, width, height on the screen."""
    corner = widget.mapToGlobal(QPoint(0, 0))
    return [corner.x(), corner.y(), widget.width(), widget.height()]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
