"""The main window: the query to the left, the results to the right, the menus above."""

from __future__ import annotations

from PyQt5.QtCore import QEvent, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QCloseEvent, QKeySequence
from PyQt5.QtWidgets import QAction, QMainWindow, QMenu, QWidget

from App.model.choice import Choice
from App.presenter.loading import ReferenceLoader, TemplateLoader
from App.presenter.searching import SearchPresenter
from App.presenter.sketching import SketchingPresenter
from App.widget.query_panel import QueryPanel
from App.widget.results_dock import ResultsDock
from App.widget.tool_panel import ToolPanel

RESULTS_SHARE = 0.5
"""Of the window's width, at the first start."""


class MainWindow(QMainWindow):
    """Shows the presenters; loading begins when it is on screen."""

    shown = pyqtSignal()
    """It is on screen for the first time."""
    closed = pyqtSignal()

    def __init__(
        self,
        choice: Choice,
        *,
        template_loader: TemplateLoader,
        reference_loader: ReferenceLoader,
        sketching: SketchingPresenter,
        searching: SearchPresenter,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Model: {choice.dataset.name} - interactive")
        self._is_shown = False
        self._make_actions(sketching, searching)
        tools = ToolPanel(sketching, self.undo, self.redo, self.clear_structure)
        self.query = QueryPanel(
            choice,
            loader=template_loader,
            sketching=sketching,
            searching=searching,
            tools=tools,
        )
        names = [modality.name for modality in choice.dataset.modalities]
        self.results = ResultsDock(reference_loader, searching, names)
        self.setCentralWidget(self.query)
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.results)

    def open_at(self, width: int, height: int) -> None:
        """Show the window in that size, as far as the screen has room for it."""
        size = QSize(width, height)
        screen = self.screen()
        self.arrange(size if screen is None else size.boundedTo(screen.availableSize()))
        self.show()

    def arrange(self, size: QSize) -> None:
        """Take a size, and part it between query and results."""
        self.resize(size)
        share = round(size.width() * RESULTS_SHARE)
        self.resizeDocks([self.results], [share], Qt.Orientation.Horizontal)

    def event(self, event: QEvent | None) -> bool:
        """Notice when the window has been painted for the first time."""
        handled = bool(super().event(event))
        if event is not None and event.type() == QEvent.Type.Paint and not self._is_shown:
            self._is_shown = True
            self.shown.emit()
        return handled

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Disappear at once, then let the background work stop."""
        self.hide()
        self.closed.emit()
        super().closeEvent(event)

    def _leave(self) -> None:
        self.close()

    def _make_actions(self, sketching: SketchingPresenter, searching: SearchPresenter) -> None:
        stack = sketching.undo_stack
        self.undo = _required(stack.createUndoAction(self, "&Undo"))
        self.undo.setShortcut(QKeySequence("Ctrl+Z"))
        self.undo.setIconText("Undo")
        self.redo = _required(stack.createRedoAction(self, "&Redo"))
        self.redo.setShortcuts([QKeySequence("Ctrl+Shift+Z"), QKeySequence("Ctrl+Y")])
        self.redo.setIconText("Redo")
        self.clear_structure = QAction("&Clear structure", self)
        self.clear_structure.setIconText("Clear")
        self.clear_structure.setToolTip("Take away all that is drawn of this structure")
        self.clear_structure.triggered.connect(sketching.clear_structure)
        self.clear_sketch = QAction("Clear &sketch", self)
        self.clear_sketch.setToolTip("Take away all that is drawn")
        self.clear_sketch.triggered.connect(sketching.clear_all)
        self.search = QAction("&Search", self)
        self.search.setShortcuts([QKeySequence("Return"), QKeySequence("Enter")])
        self.search.triggered.connect(searching.search)
        leave = QAction("&Quit", self)
        leave.setShortcut(QKeySequence("Ctrl+Q"))
        leave.triggered.connect(self._leave)
        self._fill_menus(leave)

    def _fill_menus(self, leave: QAction) -> None:
        menus = (
            ("&File", (leave,)),
            ("&Edit", (self.undo, self.redo, None, self.clear_structure, self.clear_sketch)),
            ("Se&arch", (self.search,)),
        )
        bar = self.menuBar()
        for title, actions in menus:
            menu = QMenu(title, self)
            for action in actions:
                if action is None:
                    menu.addSeparator()
                else:
                    menu.addAction(action)
            if bar is not None:
                bar.addMenu(menu)


def _required(action: QAction | None) -> QAction:
    """Qt's own annotations allow None where it never is."""
    if action is None:
        raise RuntimeError("Qt made no action")
    return action
