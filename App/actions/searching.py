"""Searching, and what one does with a result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from PyQt5.QtCore import QObject
from PyQt5.QtWidgets import QAction, QMenu, QWidget

from App.actions.group import ActionGroup, make_action
from App.presenter.results import ResultsPresenter
from App.presenter.searching import SearchPresenter
from App.widget.filter_popup import FilterPopup

WEIGHT_STEP = 0.05


@dataclass(frozen=True, eq=False)
class SearchActions:
    """The actions that widgets show as buttons, and the two menus with all of them.

    Attributes
    ----------
    filter_popup:
        What ``filters`` opens.
    result:
        The menu of a result, in the bar and at its row.
    """

    search: QAction
    live: QAction
    mirror: QAction
    filters: QAction
    filter_popup: FilterPopup
    imagined: QAction
    outline: QAction
    back: QAction
    menu: ActionGroup
    result: ActionGroup


def search_actions(
    parent: QWidget,
    searching: SearchPresenter,
    results: ResultsPresenter,
    modalities: Sequence[str],
) -> SearchActions:
    """Make the actions of the menus Search and Result.

    Parameters
    ----------
    modalities:
        Names of the images that the viewer can show.
    """
    filter_popup = FilterPopup(searching, parent)
    search, live, back = _search_actions(parent, searching)
    mirror, filters = _query_actions(parent, searching, filter_popup)
    imagined, outline = _shown_actions(parent, searching, results)
    _follow(searching, live, mirror, back)
    weights = _weight_actions(parent, searching)
    entries = (search, live, back, None, mirror, filters, *weights, None, imagined, outline)
    return SearchActions(
        search,
        live,
        mirror,
        filters,
        filter_popup,
        imagined,
        outline,
        back,
        menu=ActionGroup("Se&arch", entries),
        result=_result_actions(parent, results, modalities),
    )


def viewing_only(actions: SearchActions) -> SearchActions:
    """Offer nothing at a result but to look at it, as in a reader study."""
    view, choices, *_ = actions.result.entries
    return replace(actions, result=replace(actions.result, entries=(view, choices)))


def _search_actions(
    parent: QWidget, searching: SearchPresenter
) -> tuple[QAction, QAction, QAction]:
    return (
        make_action(
            parent,
            "&Search",
            searching.search,
            keys=("Return", "Enter"),
            tip="Find the patients that are most similar to the sketch",
        ),
        make_action(
            parent,
            "&Live search",
            searching.set_live,
            keys=("Ctrl+L",),
            tip="Search again a moment after each stroke",
            short="Live",
            checkable=True,
        ),
        make_action(
            parent,
            "&Back to the sketch",
            searching.clear_example,
            keys=("Backspace",),
            tip="Search with the sketch again, instead of with a result",
        ),
    )


def _query_actions(
    parent: QWidget, searching: SearchPresenter, filter_popup: FilterPopup
) -> tuple[QAction, QAction]:
    return (
        make_action(
            parent,
            "&Mirror",
            searching.set_mirror,
            keys=("Ctrl+M",),
            tip="Look for the lesion on the other side of the brain, left and right exchanged",
            checkable=True,
        ),
        make_action(
            parent,
            "&Filters…",
            filter_popup.open,
            keys=("F",),
            tip="Only patients whose lesion is on one side, enhances, or is of a size",
            short="Filters",
        ),
    )


def _shown_actions(
    parent: QWidget, searching: SearchPresenter, results: ResultsPresenter
) -> tuple[QAction, QAction]:
    return (
        make_action(
            parent,
            "&Imagined image",
            searching.set_imagining,
            keys=("I",),
            tip="Show in a corner of the slice what the model makes of the query",
            checkable=True,
        ),
        make_action(
            parent,
            "Sketch &over the results",
            results.set_outlined,
            keys=("O",),
            tip="Draw the outline of the sketch over the pictures of the results",
            short="Outline",
            checkable=True,
        ),
    )


def _weight_actions(parent: QObject, searching: SearchPresenter) -> tuple[QAction, QAction]:
    def change(by: float) -> None:
        searching.set_weight(round(searching.weight + by, 2))

    return (
        make_action(
            parent,
            "More of the &anatomy",
            lambda: change(-WEIGHT_STEP),
            keys=("Ctrl+Left",),
            tip="Let the anatomy of the slice count more, the lesion less",
        ),
        make_action(
            parent,
            "More of the l&esion",
            lambda: change(WEIGHT_STEP),
            keys=("Ctrl+Right",),
            tip="Let the lesion count more, the anatomy of the slice less",
        ),
    )


def _result_actions(
    parent: QWidget, results: ResultsPresenter, modalities: Sequence[str]
) -> ActionGroup:
    view = make_action(
        parent,
        "Open in &viewer",
        results.open_viewer,
        keys=("V",),
        tip="Open the patient's volume at this slice (Enter or a double-click on a picture)",
    )
    choices = _viewer_menu(parent, results, modalities)
    use = make_action(
        parent,
        "Use as &query",
        results.use_as_query,
        keys=("Q",),
        tip="Search for the patients that are most similar to this one",
    )
    edit = make_action(
        parent,
        "&Edit its lesion as a sketch",
        results.edit_as_sketch,
        keys=("Shift+E",),
        tip="Put this lesion on the template, to change it and to search with it",
    )
    save = make_action(
        parent,
        "&Save row as PNG…",
        results.save_image,
        keys=("Ctrl+P",),
        tip="Save the row as a picture (a double-click with the right button)",
    )
    copy = make_action(
        parent,
        "&Copy id",
        results.copy_id,
        keys=("Ctrl+C",),
        tip="Copy the patient's name",
    )
    actions = (view, use, edit, save, copy)

    def allow() -> None:
        for action in (*actions, choices.menuAction()):
            if action is not None:
                action.setEnabled(results.current is not None)

    results.current_changed.connect(allow)
    allow()
    return ActionGroup("&Result", (view, choices, None, use, edit, None, save, copy))


def _viewer_menu(parent: QWidget, results: ResultsPresenter, modalities: Sequence[str]) -> QMenu:
    menu = QMenu("Open in viewer &as", parent)
    for modality in modalities:
        menu.addAction(
            make_action(
                parent,
                modality,
                partial(results.open_viewer, modality),
                tip=f"Open the patient's {modality} volume at this slice",
            )
        )
    return menu


def _follow(searching: SearchPresenter, live: QAction, mirror: QAction, back: QAction) -> None:
    """Let the actions show the options, whoever changes them."""

    def show() -> None:
        options = searching.options
        for action, on in ((live, options.live), (mirror, options.mirror)):
            action.setChecked(on)
        back.setEnabled(options.example is not None)

    searching.options_changed.connect(show)
    show()
