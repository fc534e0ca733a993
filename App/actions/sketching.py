"""Everything that one can do to a sketch: menus, buttons and the keys dialog read it here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from PyQt5.QtGui import QKeySequence
from PyQt5.QtWidgets import QAction, QMenu, QWidget

from App.actions.group import ActionGroup, Entry, make_action
from App.actions.toolbox import (
    brush_actions,
    look_actions,
    next_actions,
    pressure_action,
    rule_actions,
    structure_actions,
    tool_actions,
    visibility_actions,
)
from App.presenter.contours import ContourPresenter
from App.presenter.sketching import SketchingPresenter
from sbmir.labels import TissueClass


@dataclass(frozen=True, kw_only=True, eq=False)
class SketchActions:
    """The actions of sketching that have buttons, and the menus of all of them.

    Tools and rules go by their names; ``visible`` shows and hides the structures.
    """

    undo: QAction
    redo: QAction
    clear_structure: QAction
    sketch_mode: QAction
    structures: Mapping[TissueClass, QAction]
    visible: Mapping[TissueClass, QAction]
    tools: Mapping[str, QAction]
    rules: Mapping[str, QAction]
    add_contour: QAction
    next_contour: QAction
    remove_contour: QAction
    edit: ActionGroup
    sketch: ActionGroup


def sketch_actions(parent: QWidget, sketching: SketchingPresenter) -> SketchActions:
    """Make the actions of a presenter.

    Parameters
    ----------
    parent:
        The window; the shortcuts work in it once the actions are in its menus.
    """
    toolbox, look = sketching.toolbox, sketching.appearance
    undo, redo = _history_actions(parent, sketching)
    clear_structure, clear_sketch = _clear_actions(parent, sketching.contours)
    mode = _sketch_mode(parent, sketching)
    structures = structure_actions(parent, toolbox)
    visible = visibility_actions(parent, toolbox, look)
    tools, rules = tool_actions(parent, toolbox), rule_actions(parent, toolbox)
    next_structure, next_rule = next_actions(parent, toolbox)
    brush = (*brush_actions(parent, toolbox), pressure_action(parent, toolbox))
    add, after, select, remove = _contour_actions(parent, sketching.contours)
    shown = (*visible.values(), *look_actions(parent, toolbox, look))
    entries: tuple[Entry, ...] = (
        *(mode, _give_up(parent, sketching), None),
        *(*structures.values(), next_structure, None),
        *(*tools.values(), None),
        _submenu(parent, "&Kind of stroke", (*rules.values(), next_rule)),
        *(_submenu(parent, "B&rush size", brush), None),
        *(add, after, select, remove, None),
        _submenu(parent, "Sh&ow", shown),
    )
    return SketchActions(
        undo=undo,
        redo=redo,
        clear_structure=clear_structure,
        sketch_mode=mode,
        structures=structures,
        visible=visible,
        tools=tools,
        rules=rules,
        add_contour=add,
        next_contour=after,
        remove_contour=remove,
        edit=ActionGroup("&Edit", (undo, redo, None, clear_structure, clear_sketch)),
        sketch=ActionGroup("S&ketch", entries),
    )


def _submenu(parent: QWidget, title: str, actions: Iterable[QAction]) -> QMenu:
    menu = QMenu(title, parent)
    menu.setToolTipsVisible(True)
    menu.addActions(actions)
    return menu


def _history_actions(parent: QWidget, sketching: SketchingPresenter) -> tuple[QAction, QAction]:
    """Qt's own: they name the step, and let go of a history that ends before they do."""
    stack = sketching.undo_stack
    undo, redo = stack.createUndoAction(parent, "&Undo"), stack.createRedoAction(parent, "&Redo")
    if undo is None or redo is None:
        raise RuntimeError("Qt made no action")  # its annotations allow what never happens
    for action, word, keys in (
        (undo, "Undo", ("Ctrl+Z",)),
        (redo, "Redo", ("Ctrl+Shift+Z", "Ctrl+Y")),
    ):
        action.setShortcuts([QKeySequence(key) for key in keys])
        action.setIconText(word)
        action.setObjectName(word)
    return undo, redo


def _clear_actions(parent: QWidget, contours: ContourPresenter) -> tuple[QAction, QAction]:
    return (
        make_action(
            parent,
            "&Clear structure",
            contours.clear_structure,
            keys=["Ctrl+Backspace"],
            tip="Take away all that is drawn of this structure",
            short="Clear",
        ),
        make_action(
            parent,
            "Clear &sketch",
            contours.clear_all,
            keys=["Ctrl+Shift+Backspace"],
            tip="Take away all that is drawn",
        ),
    )


def _sketch_mode(parent: QWidget, sketching: SketchingPresenter) -> QAction:
    action = make_action(
        parent,
        "&Sketch mode",
        sketching.set_sketching,
        keys=["E"],
        tip="While it is on, the slice is locked and a drag draws",
        checkable=True,
    )
    sketching.sketching_changed.connect(action.setChecked)
    return action


def _give_up(parent: QWidget, sketching: SketchingPresenter) -> QAction:
    action = make_action(
        parent,
        "&Give up the stroke",
        sketching.cancel_stroke,
        keys=["Esc"],
        tip="Leave the sketch as it was before the pointer was pressed",
    )

    def show() -> None:
        # Only while there is a stroke: else Escape belongs to whatever has the focus.
        action.setEnabled(sketching.is_drawing)

    sketching.stroke_changed.connect(show)
    sketching.sketch_changed.connect(show)
    show()
    return action


def _contour_actions(
    parent: QWidget, contours: ContourPresenter
) -> tuple[QAction, QAction, QAction, QAction]:
    return (
        make_action(
            parent,
            "&Add a contour",
            contours.add,
            keys=["A"],
            tip="Let the next stroke make a contour of its own",
            short="Add",
        ),
        make_action(
            parent,
            "&Change to the next contour",
            contours.next,
            keys=["C"],
            tip="Make the next contour of this structure active, from left to right",
            short="Change",
        ),
        make_action(
            parent,
            "Select what is &under the pointer",
            contours.select,
            keys=["S"],
            tip="Make the contour under the pointer active",
        ),
        make_action(
            parent,
            "&Delete the active contour",
            contours.remove,
            keys=["D", "Del"],
            tip="Take the active contour away",
            short="Remove",
        ),
    )
