"""Looks at why results match, and at what the model makes of the sketch."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
from PyQt5.QtCore import QPoint
from stage import Stage, on_stage, rectangle, ring

from App.model.framing import part_with_head
from sbmir.labels import TissueClass

HERE = (85.0, 100.0)


def main() -> None:
    """Draw, search, ask for all that explains the results; then draw what no patient has."""
    with on_stage(top=1) as stage:
        stage.wait_for_database()
        stage.start_sketching()
        stage.hand.click(stage.tools.rules["Add"])
        stage.set_radius(5)
        stage.draw([*ring(HERE, 17), *ring(HERE, 10), HERE])
        stage.choose_structure(TissueClass.ET)
        stage.draw(ring(HERE, 7))
        stage.searched(lambda: stage.hand.press("Return"))
        scroll_for_more(stage)
        read_the_rows(stage)
        lay_the_outline_over(stage)
        imagine(stage)
        draw_what_is_unlike_any(stage)


def scroll_for_more(stage: Stage) -> None:
    """What fits is there by itself; the rest follows the wheel."""
    found = stage.window.results.found.list
    count = stage.outcomes[-1].n_searched
    stage.note(asked_for=len(stage.outcomes[-1].results), all=count)
    stage.until(lambda: len(found.rows) > 2, "further patients")
    stage.rest(300)
    stage.note(unscrolled=len(found.rows))
    for _ in range(10):
        stage.hand.wheel(found, -5)
        stage.rest(100)
    stage.until(lambda: len(found.rows) == count, "all patients")
    stage.note(scrolled=found.verticalScrollBar().value())
    stage.wait_for_results(1)
    stage.hand.wheel(found, 60)


def read_the_rows(stage: Stage) -> None:
    """Rank, distance and reasons, as the rows show them."""
    outcome, rows = stage.outcomes[-1], stage.window.results.rows
    np.save(stage.out / "sketch.npy", outcome.labels)
    stage.note(
        titles=[row.accessibleName() for row in rows],
        keys=[[row.result.key.patient, row.result.key.index] for row in rows],
        distances=[row.distance.text() for row in rows],
        reasons=[row.why.toolTip() for row in rows],
        lines=[row.why.text() for row in rows],
        foot=stage.window.results.found.list.foot.text(),
        pictures=[rectangle(picture) for picture in rows[0].pictures],
        part=astuple(part_with_head(rows[0].loaded)),
    )


def lay_the_outline_over(stage: Stage) -> None:
    """By its key; and off again by its button."""
    stage.hand.point_at(stage.window.results.summary)
    stage.photograph("plain")
    stage.take_keyboard(stage.window)
    stage.hand.press("o")
    stage.photograph("outlined")
    stage.hand.press("o")
    stage.photograph("plain_again")


def imagine(stage: Stage) -> None:
    """Show the imagined image, and another of its modalities; then close it."""
    inset = stage.window.query.imagined
    stage.hand.press("i")
    stage.until(inset.isVisible, "the inset")
    shown = [view for view in inset.pictures.values() if view.isVisible()]
    stage.until(lambda: shown[0].has_picture, "the imagined image")
    stage.photograph("imagined")
    stage.note(inset=rectangle(shown[0]), canvas=rectangle(stage.canvas))
    stage.hand.click(inset.switch)
    stage.photograph("imagined_other")
    stage.hand.press("i")
    stage.rest()
    stage.note(inset_gone=not inset.isVisible())


def draw_what_is_unlike_any(stage: Stage) -> None:
    """A search of a usual lesion has no warning; one of a huge necrosis has."""
    banner = stage.window.results.found.banner
    row = stage.row_with_lesion()
    stage.hand.click(row, QPoint(row.width() // 2, 3))
    stage.take_keyboard(stage.window)
    before = stage.sketching.undo_stack.index()
    stage.hand.press("shift+e")
    stage.until(lambda: stage.sketching.undo_stack.index() > before, "the lesion as a sketch")
    stage.searched(lambda: stage.hand.click(stage.window.query.search))
    stage.note(near=banner.isVisible())
    if not stage.sketching.is_sketching:
        stage.start_sketching()
    stage.hand.press("ctrl+shift+BackSpace", "3")
    stage.set_radius(45)
    height, width = stage.sketching.template.extent_mm
    stage.dab((width / 2, height / 2))
    stage.searched(lambda: stage.hand.click(stage.window.query.search))
    stage.photograph("far")
    stage.note(far=banner.isVisible(), said=banner.text())


if __name__ == "__main__":
    main()
