"""The viewer: a floating window over the volumes of one patient."""

from __future__ import annotations

from PyQt5.QtCore import QEvent, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QCloseEvent, QKeyEvent, QKeySequence, QWheelEvent
from PyQt5.QtWidgets import (
    QAction,
    QButtonGroup,
    QDockWidget,
    QHBoxLayout,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from App.actions.viewing import viewer_actions
from App.model.viewed_patient import ViewedPatient
from App.presenter.appearance import Appearance
from App.presenter.loading import Failed, Loading, Stopped
from App.presenter.viewer import Viewer, ViewerState
from App.theme import em
from App.widget.buttons import detached_button, explain_dock_buttons
from App.widget.slice_bar import SliceScroller
from App.widget.state_page import StatePage
from App.widget.volume_view import VolumeView

IGNORED_WITH_KEYS = int(Qt.KeyboardModifier.KeypadModifier)


class ViewerDock(QDockWidget):
    """Shows one patient: image, slices, label map; says what is being read, or why it cannot be."""

    closed = pyqtSignal()

    def __init__(
        self, viewer: Viewer, appearance: Appearance, parent: QWidget | None = None
    ) -> None:
        super().__init__(viewer.patient, parent)
        # Layouts that are saved know docks by their names.
        # Not by that of the patient: they are written into the user's settings.
        self.setObjectName("viewer")
        self._viewer = viewer
        self.view = VolumeView(viewer, appearance)
        self.page = StatePage()
        self.slices = SliceScroller("Red: slices with a lesion; the bold mark: the retrieved slice")
        self.modalities: dict[str, QToolButton] = {}
        self.group = viewer_actions(self, self.view, viewer)
        self.tools = {
            action.text().replace("&", ""): action
            for action in self.group.actions[-3:]  # measure, lesion, retrieved slice
        }
        explain_dock_buttons(self)
        self._lay_out()
        self._connect()
        self._show_modality()
        self._show_state(viewer.state)

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Large enough to look closely."""
        return QSize(em(self, 34), em(self, 40))

    # --- Keys -------------------------------------------------------------------------------

    def event(self, event: QEvent | None) -> bool:
        """Claim all keys but those with Ctrl or Alt, and F1 and the like.

        In the main window they would draw on the template, or take away what is drawn there.
        """
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and (self._action_of(event) is not None or _is_plain(event))
        ):
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Run the action of a key."""
        if event is None:
            return
        action = self._action_of(event)
        if action is None:
            super().keyPressEvent(event)
        else:
            action.trigger()

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Count what is turned while another image is read, too."""
        if event is not None and self.page.isVisible():
            self.view.wheelEvent(event)

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Tell that it is not needed any more."""
        super().closeEvent(event)
        self.closed.emit()

    def _action_of(self, event: QKeyEvent) -> QAction | None:
        held = int(event.modifiers()) & ~IGNORED_WITH_KEYS
        keys = [QKeySequence(held | event.key())]
        if event.text() and not event.text().isalnum():
            # What is typed with Shift, such as a plus, is named without it.
            held &= ~int(Qt.KeyboardModifier.ShiftModifier)
            keys.append(QKeySequence(held | event.key()))
        for key in keys:
            for _, action in self.group.lines:
                if action.isEnabled() and key in action.shortcuts():
                    return action
        return None

    # --- Layout -----------------------------------------------------------------------------

    def _lay_out(self) -> None:
        panel = QWidget()
        layout = QVBoxLayout(panel)
        space = em(self, 0.5)
        layout.setContentsMargins(space, space, space, space)
        layout.addLayout(self._button_row())
        shown = QWidget()
        self._stack = QStackedLayout(shown)
        self._stack.addWidget(self.view)
        self._stack.addWidget(self.page)
        layout.addWidget(shown, 1)
        layout.addWidget(self.slices)
        self.setWidget(panel)

    def _button_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        switch = QHBoxLayout()
        switch.setSpacing(2)
        group = QButtonGroup(self)
        for name in self._viewer.modalities:
            button = QToolButton()
            button.setText(name)
            button.setCheckable(True)
            button.setProperty("role", "choice")
            button.setToolTip(f"Show the {name} image; T shows the next one")
            button.clicked.connect(lambda _, name=name: self._viewer.set_modality(name))
            group.addButton(button)
            switch.addWidget(button)
            self.modalities[name] = button
        row.addLayout(switch)
        row.addStretch(1)
        for action in self.tools.values():
            row.addWidget(detached_button(action))
        return row

    def _connect(self) -> None:
        viewer = self._viewer
        viewer.state_changed.connect(self._show_state)
        viewer.modality_changed.connect(self._show_modality)
        viewer.slice_changed.connect(self._show_slice)
        viewer.retrieved_changed.connect(self._show_retrieved)
        viewer.labels_shown_changed.connect(self.tools["Lesion"].setChecked)
        self.slices.moved.connect(viewer.go_to_slice)

    # --- What is shown ----------------------------------------------------------------------

    def _show_state(self, state: ViewerState) -> None:
        is_loaded = isinstance(state, ViewedPatient)
        self.slices.setVisible(is_loaded)
        for action in self.tools.values():
            action.setEnabled(is_loaded)
        self._stack.setCurrentWidget(self.view if is_loaded else self.page)
        match state:
            case Loading(text, done, total):
                self.page.show_busy(text, done, total, self._viewer.cancel)
            case Stopped():
                self.page.show_message(
                    "Nothing is loaded", "", f"&Load {self._viewer.modality}", self._viewer.retry
                )
            case Failed(problem):
                self.page.show_problem(problem, "&Retry", self._viewer.retry)
            case ViewedPatient():
                self._show_volumes(state)

    def _show_volumes(self, volumes: ViewedPatient) -> None:
        self.slices.set_slices(
            volumes.n_slices, volumes.lesion_slices, self._viewer.retrieved_index
        )
        if volumes.labels is None:
            self.tools["Lesion"].setEnabled(False)
            self.tools["Lesion"].setToolTip(volumes.labels_problem)
        self._show_slice(self._viewer.slice_index)
        if self.isActiveWindow():
            self.view.setFocus()

    def _show_slice(self, index: int) -> None:
        self.slices.show_slice(index)
        if isinstance(self._viewer.state, ViewedPatient):
            elsewhere = index != self._viewer.retrieved_index
            self.tools["Retrieved slice"].setEnabled(elsewhere)

    def _show_retrieved(self, index: int) -> None:
        self.slices.marks.set_found(index)
        self.tools["Retrieved slice"].setText(f"&{self._viewer.mark}")
        self._show_slice(self._viewer.slice_index)

    def _show_modality(self) -> None:
        modality = self._viewer.modality
        self.setWindowTitle(f"{self._viewer.patient} - {modality}")
        for name, button in self.modalities.items():
            button.setChecked(name == modality)


def _is_plain(event: QKeyEvent) -> bool:
    command = (
        Qt.KeyboardModifier.ControlModifier
        | Qt.KeyboardModifier.AltModifier
        | Qt.KeyboardModifier.MetaModifier
    )
    is_function_key = Qt.Key.Key_F1 <= event.key() <= Qt.Key.Key_F35
    return not event.modifiers() & command and not is_function_key
