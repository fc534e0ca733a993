"""Actions of looking at slices: zoom, place, slice, image; the same keys in each window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from PyQt5.QtWidgets import QAction, QMenu, QWidget

from App.actions.group import ActionGroup, make_action
from App.presenter.viewer import Viewer
from App.widget.slice_view import ZOOM_STEP, SliceView

PAN_SHARE = 0.1
"""Of the view, for one press of a key."""
MANY_SLICES = 10


class Browsed(Protocol):
    """Slices of several images that can be gone through."""

    @property
    def slice_index(self) -> int:
        """The slice that is shown."""

    def go_to_slice(self, index: int) -> None:
        """Show another slice."""

    @property
    def modality(self) -> str:
        """Name of the image that is shown."""

    def set_modality(self, modality: str) -> None:
        """Show another image."""


def view_actions(
    parent: QWidget, view: SliceView, slices: Browsed, modalities: Sequence[str]
) -> ActionGroup:
    """Make the actions of the slice that is sketched on.

    Parameters
    ----------
    modalities:
        Names of the images that can be shown.
    """
    return ActionGroup(
        "&View",
        (
            *_zoom_actions(parent, view),
            _pan_menu(parent, view),
            None,
            *_slice_actions(parent, slices),
            None,
            _next_modality(parent, slices, modalities),
        ),
    )


def viewer_actions(parent: QWidget, view: SliceView, viewer: Viewer) -> ActionGroup:
    """Make the actions of a viewer."""
    measure = make_action(
        parent,
        "&Measure",
        view.set_measuring,
        keys=("M",),
        tip="Drag a line on the slice to measure a distance (M); Esc takes it away",
        checkable=True,
    )
    labels = make_action(
        parent,
        "&Lesion",
        viewer.set_labels_shown,
        keys=("L",),
        tip="Lay the patient's label map over the image (L)",
        checkable=True,
    )
    retrieved = make_action(
        parent,
        "&Retrieved slice",
        viewer.go_to_retrieved,
        keys=("Home",),
        tip="Go back to the slice with which the viewer was opened (Home)",
    )
    group = view_actions(parent, view, viewer, viewer.modalities)
    return group.followed_by(None, measure, labels, retrieved)


def _zoom_actions(parent: QWidget, view: SliceView) -> tuple[QAction, ...]:
    return (
        make_action(
            parent,
            "Zoom &in",
            lambda: view.zoom_by(ZOOM_STEP),
            keys=("+", "=", "Ctrl++", "Ctrl+="),
            tip="Enlarge the slice; Ctrl+wheel does it around the pointer",
        ),
        make_action(
            parent,
            "Zoom &out",
            lambda: view.zoom_by(1 / ZOOM_STEP),
            keys=("-", "Ctrl+-"),
            tip="Show more of the slice; Ctrl+wheel does it around the pointer",
        ),
        make_action(
            parent,
            "&Reset zoom and window",
            view.reset_view,
            keys=("0", "Ctrl+0"),
            tip="Show the whole head in its own contrast again; a double-click does it too",
        ),
    )


def _pan_menu(parent: QWidget, view: SliceView) -> QMenu:
    menu = QMenu("&Move", parent)
    menu.setToolTipsVisible(True)
    for text, key, right, down in (
        ("&Left", "Shift+Left", -PAN_SHARE, 0.0),
        ("&Right", "Shift+Right", PAN_SHARE, 0.0),
        ("&Up", "Shift+Up", 0.0, -PAN_SHARE),
        ("&Down", "Shift+Down", 0.0, PAN_SHARE),
    ):
        menu.addAction(
            make_action(
                parent,
                text,
                lambda right=right, down=down: view.pan_by(right, down),
                keys=(key,),
                tip="Move the slice; a drag with the middle button does it too",
            )
        )
    return menu


def _slice_actions(parent: QWidget, slices: Browsed) -> tuple[QAction, ...]:
    def by(count: int) -> None:
        slices.go_to_slice(slices.slice_index + count)

    return tuple(
        make_action(parent, text, lambda count=count: by(count), keys=(key,), tip=tip)
        for text, key, count, tip in (
            ("&Next slice", "PgUp", 1, "Go one slice up; the wheel does it too"),
            ("&Previous slice", "PgDown", -1, "Go one slice down; the wheel does it too"),
            ("Ten slices &up", "Shift+PgUp", MANY_SLICES, "Go ten slices up"),
            ("Ten slices &down", "Shift+PgDown", -MANY_SLICES, "Go ten slices down"),
        )
    )


def _next_modality(parent: QWidget, slices: Browsed, modalities: Sequence[str]) -> QAction:
    def go_on() -> None:
        names = list(modalities)
        at = names.index(slices.modality) if slices.modality in names else -1
        slices.set_modality(names[(at + 1) % len(names)])

    tip = f"Show the next of {', '.join(modalities)}"
    return make_action(parent, "Next i&mage", go_on, keys=("T",), tip=tip)
