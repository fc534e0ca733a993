"""Looks up the keys, changes how the window looks, and finds all of it again the next time."""

from __future__ import annotations

from collections.abc import Iterator

from PyQt5.QtCore import QPoint
from PyQt5.QtWidgets import QApplication, QToolTip, QTreeWidget, QTreeWidgetItem
from stage import Stage, on_stage, rectangle

from sbmir.labels import TissueClass

HERE = (85.0, 100.0)
WIDER_PX = 90


def main() -> None:
    """Do what a user would do to feel at home; close, and open again."""
    with on_stage() as stage:
        send_the_hint_away(stage)
        stage.wait_for_database()
        look_up_keys(stage)
        rest_on_buttons(stage)
        open_menus_by_keys(stage)
        draw_something(stage)
        change_colours(stage)
        change_the_layout(stage)
        stage.close()
        stage.open()
        stage.wait_for_template()
        stage.rest(300)
        stage.note(
            hint_again=stage.window.hint.isVisible(),
            width_again=stage.window.results.width(),
            palette_again=stage.sketching.appearance.palette,
        )
        stage.photograph("again")
        stage.hand.press("ctrl+shift+l")
        stage.rest(300)
        stage.note(width_reset=stage.window.results.width())


def send_the_hint_away(stage: Stage) -> None:
    """The first start leads through the first search."""
    hint = stage.window.hint
    stage.note(hint=hint.isVisible(), hint_steps=[step.text() for step in hint.steps])
    stage.photograph("first")
    stage.hand.click(hint, QPoint(hint.width() - 50, hint.height() // 2))
    stage.note(hint_gone=not hint.isVisible())


def look_up_keys(stage: Stage) -> None:
    """Open the keys dialog by its key, and find a line by typing."""
    keys = stage.window.keys
    stage.hand.press("F1")
    stage.until(keys.isVisible, "the keys")
    stage.take_keyboard(keys)
    stage.photograph("keys")
    listed = []
    for place in range(keys.list.topLevelItemCount()):
        chapter = keys.list.topLevelItem(place)
        lines = [chapter.child(number) for number in range(chapter.childCount())]
        listed += [[chapter.text(0), line.text(0), line.text(1)] for line in lines]
    actions = [
        [name, [key.toString() for key in action.shortcuts()], action.toolTip()]
        for group in stage.window.groups
        for name, action in group.lines
    ]
    stage.hand.type("undo")
    stage.rest()
    left = [item for item in _items(keys.list) if not item.isHidden()]
    stage.note(listed=listed, actions=actions, sought=[item.text(0) for item in left])
    stage.hand.press("Escape")
    stage.until(lambda: not keys.isVisible(), "the keys' end")
    stage.take_keyboard(stage.window)


def rest_on_buttons(stage: Stage) -> None:
    """What the pointer rests on explains itself."""
    said = {}
    query = stage.window.query
    for name, widget in {
        "brush": stage.tools.tools["Brush"],
        "eye": stage.tools.eyes[TissueClass.ED],
        "live": query.search_panel.live,
        "weight": query.search_panel.weight,
        "marks": query.slices.marks,
    }.items():
        stage.hand.point_at(widget)
        stage.hand.point_at(widget, widget.rect().center() + QPoint(2, 0))
        stage.until(QToolTip.isVisible, f"the tooltip of {name}")
        said[name] = QToolTip.text()
        stage.hand.point_at(stage.canvas, QPoint(5, 5))
        stage.until(lambda: not QToolTip.isVisible(), "the tooltip's end")
    stage.note(tooltips=said)


def open_menus_by_keys(stage: Stage) -> None:
    """Alt and a letter open each menu."""
    opened = []
    for letter in "fekvarh":
        stage.hand.press(f"alt+{letter}")
        stage.rest(100)
        popup = QApplication.activePopupWidget()
        opened.append(popup.title() if popup is not None else "")
        stage.hand.press("Escape", "Escape")
    stage.note(menus=opened)


def draw_something(stage: Stage) -> None:
    """A disc of oedema, without touching the mouse for anything but the stroke."""
    stage.hand.press("e")
    stage.until(lambda: stage.sketching.is_sketching, "sketch mode")
    stage.hand.press(*["bracketright"] * 12)
    stage.dab(HERE)
    stage.hand.point_at(stage.canvas, QPoint(20, 20))
    stage.searched(lambda: stage.hand.press("Return"))
    stage.note(canvas=rectangle(stage.canvas))


def change_colours(stage: Stage) -> None:
    """Dark and light, and the colours of the structures, by the menu."""
    row = stage.row_with_lesion()
    for name in ("Light", "Dark"):
        stage.choose("View", "Theme", name)
        stage.hand.point_at(stage.canvas, QPoint(20, 20))
        stage.photograph(name)
    stage.choose("View", "Structure colours", "Colour-blind safe")
    stage.hand.point_at(stage.canvas, QPoint(20, 20))
    stage.photograph("safe")
    colors = {t.name: stage.sketching.appearance.color(t) for t in TissueClass if t}
    stage.note(colors=colors, seg=rectangle(row.pictures[-1]))


def change_the_layout(stage: Stage) -> None:
    """Drag the line between query and results."""
    results, window = stage.window.results, stage.window
    edge = results.mapTo(window, QPoint(-3, results.height() // 2))
    before = results.width()
    stage.hand.drag(window, [edge, edge + QPoint(WIDER_PX // 2, 0), edge + QPoint(WIDER_PX, 0)])
    stage.rest(300)
    stage.note(width_before=before, width=results.width())
    full = window.width()
    stage.hand.resize(window, full - 200, window.height())
    stage.until(lambda: window.width() == full - 200, "the smaller window")
    stage.rest(200)
    stage.note(width_in_smaller=results.width())
    stage.hand.fill_screen(window)
    stage.until(lambda: window.width() == full, "the full screen")
    stage.rest(200)
    stage.note(width_in_larger=results.width())


def _items(tree: QTreeWidget) -> Iterator[QTreeWidgetItem]:
    for place in range(tree.topLevelItemCount()):
        chapter = tree.topLevelItem(place)
        for number in range(chapter.childCount()):
            yield chapter.child(number)


if __name__ == "__main__":
    main()
