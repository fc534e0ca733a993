"""Searches while drawing, and in all the other ways; notes what each of them finds."""

from __future__ import annotations

from typing import Any

import numpy as np
from PyQt5.QtCore import QPoint
from stage import Stage, on_stage, ring

from sbmir.labels import TissueClass

ED, ET = TissueClass.ED, TissueClass.ET
HERE = (85.0, 100.0)


def main() -> None:
    """Draw with live search on, then turn all the knobs, then go on from a result."""
    with on_stage() as stage:
        stage.wait_for_database()
        draw_live(stage)
        turn_the_knobs(stage)
        filter_the_results(stage)
        use_a_result_as_query(stage)
        edit_a_lesion(stage)


def draw_live(stage: Stage) -> None:
    """Results come by themselves, of the last stroke, and they are those of the button."""
    panel = stage.window.query.search_panel
    stage.hand.click(panel.live)
    stage.start_sketching()
    stage.hand.click(stage.tools.rules["Add"])
    stage.set_radius(6)
    first = stage.searched(lambda: stage.draw(ring(HERE, 10)))
    stage.note(live=first, button=stage.searched(lambda: stage.hand.click(panel.search)))

    def strokes() -> None:
        stage.hand.press("2")
        for x in (0, 8, 16):
            stage.dab((HERE[0] + x, HERE[1]))

    last = stage.searched(strokes)
    stage.note(
        after_strokes=last,
        is_newest=stage.outcomes[-1].request.sketch.is_same(stage.sketching.sketch),
        key=stage.searched(lambda: stage.hand.press("Return")),
        undone=stage.searched(lambda: stage.hand.press("ctrl+z", "ctrl+z", "ctrl+z")),
    )


def turn_the_knobs(stage: Stage) -> None:
    """Weight by keys and by its slider, mirror by key and by button."""
    panel, hand = stage.window.query.search_panel, stage.hand
    start = panel.weight_value.text()
    heavier = stage.searched(lambda: hand.press("ctrl+Right", "ctrl+Right"))
    stage.note(weights=[start, panel.weight_value.text()], heavier=heavier)
    hand.press("ctrl+Left", "ctrl+Left")

    def all_anatomy() -> None:
        y = panel.weight.height() // 2
        handle = round(panel.weight.value() / panel.weight.maximum() * (panel.weight.width() - 14))
        hand.drag(panel.weight, [QPoint(handle + 7, y), QPoint(30, y), QPoint(-10, y)])

    stage.note(anatomy=stage.searched(all_anatomy), lowest=panel.weight_value.text())
    stage.searched(lambda: hand.press(*(["ctrl+Right"] * round(float(start) / 0.05))))
    stage.note(weight_again=panel.weight_value.text(), same_weight=stage.listed())
    mirrored = stage.searched(lambda: hand.press("ctrl+m"))
    stage.note(mirrored=mirrored, mirror_shown=panel.mirror.isChecked())
    stage.note(mirrored_back=stage.searched(lambda: hand.click(panel.mirror)))


def filter_the_results(stage: Stage) -> None:
    """Side by a button of the panel, area by typing; then none any more."""
    hand, popup = stage.hand, stage.window.search.filter_popup
    panel = stage.window.query.search_panel
    hand.press("f")
    stage.until(popup.isVisible, "the filters")
    left = stage.searched(lambda: hand.click(popup.side.buttons["Left"]))
    stage.photograph("filters")
    stage.note(left=left, filters_said=panel.filters.text())
    right = stage.searched(lambda: hand.click(popup.side.buttons["Right"]))
    stage.note(right=right, nobody=stage.window.results.page.title.text())
    hand.click(popup.side.buttons["Any"])

    def type_area() -> None:
        hand.double_click(popup.smallest, QPoint(12, popup.smallest.height() // 2))
        hand.press("ctrl+a")
        hand.type("8")
        hand.press("Return")

    stage.note(large=stage.searched(type_area))
    stage.note(unfiltered=stage.searched(lambda: hand.click(popup.clear)))
    hand.press("Escape")
    stage.until(lambda: not popup.isVisible(), "the filters' end")
    stage.take_keyboard(stage.window)


def use_a_result_as_query(stage: Stage) -> None:
    """By the menu at its row; and back to the sketch by the bar."""
    rows, panel = stage.window.results.rows, stage.window.query.search_panel
    before = stage.listed()

    def use() -> None:
        stage.hand.click(rows[0].more)
        stage.choose_in(stage.open_menu("of a result"), "Use as query")

    found = stage.searched(use)
    stage.photograph("example")
    stage.note(example_of=before[0], by_example=found, example_said=panel.example.text.text())
    stage.note(back=stage.searched(lambda: stage.hand.click(panel.example.back)), before=before)
    stage.note(example_gone=not panel.example.isVisible())


def edit_a_lesion(stage: Stage) -> None:
    """Its contours come onto the template; the live search then finds its patient nearer."""
    row = stage.row_with_lesion(first=1)
    stage.hand.click(row.title, QPoint(3, 3))
    stage.hand.click(row, QPoint(row.width() // 2, 3))
    taken = stage.listed()[row.result.rank - 1]
    steps = stage.sketching.undo_stack.index()
    found = stage.searched(lambda: stage.hand.press("shift+e"))
    stage.photograph("edited")
    areas = {tissue.name: stage.area_mm2(tissue) for tissue in TissueClass if tissue}
    stage.note(
        taken=taken,
        edited=found,
        edited_areas=areas,
        edit_steps=stage.sketching.undo_stack.index() - steps,
        still_sketching=stage.sketching.is_sketching,
        edited_labels=counts(stage.outcomes[-1].labels),
    )
    stage.note(undone_edit=stage.searched(lambda: stage.hand.press("ctrl+z")))


def counts(labels: Any) -> dict[str, int]:
    """Pixels of each structure."""
    return {t.name: int(np.count_nonzero(labels == t)) for t in TissueClass if t}


if __name__ == "__main__":
    main()
