"""The actions of the toolbox: structures, tools, kinds of stroke, the brush, and how it looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PyQt5.QtCore import QObject
from PyQt5.QtWidgets import QAction
from PyQt5.QtWidgets import QActionGroup as ExclusiveGroup

from App.actions.group import make_action
from App.presenter.appearance import Appearance
from App.presenter.toolbox import Toolbox
from App.tools import BRUSH, MEASURE, PEN, RULES, TOOLS
from sbmir.labels import TissueClass

TOOL_KEYS = {BRUSH.name: "B", PEN.name: "P", MEASURE.name: "M"}
OPACITY_STEP = 0.1


def structure_actions(parent: QObject, toolbox: Toolbox) -> dict[TissueClass, QAction]:
    """Choose what strokes draw."""
    group = ExclusiveGroup(parent)
    actions = {
        structure.tissue: _choice(
            group,
            structure.name,
            partial(toolbox.set_structure, structure.tissue),
            keys=[str(number)],
            tip=f"Draw: {structure.name}",
        )
        for number, structure in enumerate(toolbox.structures, start=1)
    }

    def tick() -> None:
        actions[toolbox.structure.tissue].setChecked(True)

    toolbox.structure_changed.connect(tick)
    tick()
    return actions


def tool_actions(parent: QObject, toolbox: Toolbox) -> dict[str, QAction]:
    """Choose what to draw with; by the name of the tool."""
    group = ExclusiveGroup(parent)
    actions = {
        tool.name: _choice(
            group,
            f"&{tool.name}",
            partial(toolbox.set_tool, tool),
            keys=[TOOL_KEYS[tool.name]],
            tip=tool.hint,
        )
        for tool in TOOLS
    }

    def tick() -> None:
        actions[toolbox.tool.name].setChecked(True)

    toolbox.tool_changed.connect(tick)
    tick()
    return actions


def rule_actions(parent: QObject, toolbox: Toolbox) -> dict[str, QAction]:
    """Choose what strokes do; by the name of the rule."""
    group = ExclusiveGroup(parent)
    actions = {
        rule.name: _choice(
            group,
            rule.name,
            partial(toolbox.set_rule, rule),
            tip=rule.hint,
            short=rule.name,
        )
        for rule in RULES
    }

    def tick() -> None:
        actions[toolbox.rule.name].setChecked(True)

    toolbox.rule_changed.connect(tick)
    tick()
    return actions


def next_actions(parent: QObject, toolbox: Toolbox) -> tuple[QAction, QAction]:
    """Go to the next structure, and to the next kind of stroke."""
    return (
        make_action(parent, "&Next structure", toolbox.next_structure, keys=["N"]),
        make_action(
            parent,
            "Next &kind of stroke",
            toolbox.next_rule,
            keys=["X"],
            tip="Go from auto to add to erase",
        ),
    )


def brush_actions(parent: QObject, toolbox: Toolbox) -> tuple[QAction, QAction]:
    """Resize the brush."""
    return (
        make_action(parent, "&Larger brush", lambda: toolbox.resize_brush(1), keys=["]"]),
        make_action(parent, "S&maller brush", lambda: toolbox.resize_brush(-1), keys=["["]),
    )


def pressure_action(parent: QObject, toolbox: Toolbox) -> QAction:
    """Let a tablet's pen set the radius."""
    action = make_action(
        parent,
        "&Pressure sets the radius",
        toolbox.set_pressure_sets_radius,
        keys=["Shift+P"],
        tip="A tablet's pen draws thinner where it is pressed less; a mouse always draws full",
        checkable=True,
    )
    toolbox.brush_changed.connect(lambda: action.setChecked(toolbox.pressure_sets_radius))
    return action


def visibility_actions(
    parent: QObject, toolbox: Toolbox, look: Appearance
) -> dict[TissueClass, QAction]:
    """Show or hide each structure."""
    actions = {
        structure.tissue: make_action(
            parent,
            f"Show {structure.name}",
            partial(look.set_shown, structure.tissue),
            keys=[f"Shift+{number}"],
            tip=f"Show or hide: {structure.name}",
            checkable=True,
        )
        for number, structure in enumerate(toolbox.structures, start=1)
    }

    def tick() -> None:
        for tissue, action in actions.items():
            action.setChecked(look.is_shown(tissue))

    look.changed.connect(tick)
    tick()
    return actions


def look_actions(parent: QObject, toolbox: Toolbox, look: Appearance) -> tuple[QAction, ...]:
    """Show or hide all, and change the opacity."""

    def show_all() -> None:
        shown = all(look.is_shown(structure.tissue) for structure in toolbox.structures)
        look.set_all_shown(not shown)

    def fade(step: float) -> None:
        look.set_opacity(round(look.opacity + step, 3))

    return (
        make_action(parent, "Show or hide &all structures", show_all, keys=["H"]),
        make_action(
            parent,
            "&Fainter",
            lambda: fade(-OPACITY_STEP),
            keys=[","],
            tip="Let the contours hide less of the slice",
        ),
        make_action(
            parent,
            "S&tronger",
            lambda: fade(OPACITY_STEP),
            keys=["."],
            tip="Let the contours hide more of the slice",
        ),
    )


def _choice(
    group: ExclusiveGroup,
    text: str,
    run: Callable[[], None],
    *,
    tip: str,
    keys: Sequence[str] = (),
    short: str = "",
) -> QAction:
    """An action of which one in a group is ticked; it runs when the user chooses it."""
    action = make_action(group, text, run, keys=keys, tip=tip, short=short)
    action.setCheckable(True)
    group.addAction(action)
    return action
