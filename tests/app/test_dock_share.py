"""The results have their share of the window, whatever its size."""

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QDockWidget, QMainWindow, QWidget

from App.widget.dock_share import DockShare

LEAST_PX = 300


@pytest.fixture
def window(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    middle = QWidget()
    middle.setMinimumWidth(LEAST_PX)
    window.setCentralWidget(middle)
    dock = QDockWidget()
    dock.setWidget(QWidget())
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
    window.share = DockShare(window, dock)
    window.dock = dock
    window.resize(1000, 500)
    with qtbot.waitExposed(window):
        window.show()
    window.share.set_share(0.5)
    return window


def share_of(window):
    return window.dock.width() / window.width()


def resize(window, qtbot, width):
    window.resize(width, 500)
    qtbot.waitUntil(lambda: window.width() == width)
    qtbot.wait(20)


def test_the_dock_grows_and_shrinks_with_the_window(window, qtbot):
    for width in (2000, 900, 1500):
        resize(window, qtbot, width)
        assert share_of(window) == pytest.approx(0.5, abs=0.01)


def test_a_window_too_small_for_the_share_does_not_change_it(window, qtbot):
    resize(window, qtbot, 400)
    assert window.dock.width() <= 400 - LEAST_PX
    resize(window, qtbot, 1600)
    assert share_of(window) == pytest.approx(0.5, abs=0.01)


def test_a_share_that_was_found_is_kept(window, qtbot):
    resize(window, qtbot, 1200)
    window.resizeDocks([window.dock], [300], Qt.Orientation.Horizontal)
    qtbot.waitUntil(lambda: window.dock.width() == 300)
    window.share.keep()
    resize(window, qtbot, 2000)
    assert share_of(window) == pytest.approx(0.25, abs=0.01)
