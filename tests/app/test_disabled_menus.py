"""Lines of a menu that cannot be used look weaker than those that can, in both themes."""

import numpy as np
import pytest
from PyQt5.QtGui import QColor, QImage
from PyQt5.QtWidgets import QApplication, QMenu

from App.preferences import Preferences
from App.theme import DARK, LIGHT, Look


@pytest.fixture
def application(qapp):
    """No theme is left over for other tests."""
    palette = qapp.palette()
    yield qapp
    qapp.setStyleSheet("")
    qapp.setPalette(palette)


@pytest.mark.parametrize(("name", "theme"), [("dark", DARK), ("light", LIGHT)])
def test_a_disabled_line_is_nowhere_stronger_than_its_colour(
    tmp_path, qtbot, application: QApplication, name, theme
):
    Look(application, Preferences(tmp_path / "window.ini"), name).apply()
    menu = QMenu()
    qtbot.addWidget(menu)
    action = menu.addAction("Save sketch")
    action.setEnabled(False)
    menu.popup(menu.pos())
    picture = menu.grab(menu.actionGeometry(action)).toImage()
    grey = picture.convertToFormat(QImage.Format.Format_Grayscale8)
    bits = grey.constBits()
    pixels = np.frombuffer(bits.asarray(grey.sizeInBytes()), np.uint8)
    pixels = pixels.reshape(grey.height(), grey.bytesPerLine())[:, : grey.width()].astype(int)
    ground = np.median(pixels)
    contrast = np.abs(pixels - ground).max()
    color = QColor(theme.disabled)
    own = 0.299 * color.red() + 0.587 * color.green() + 0.114 * color.blue()
    assert 20 < contrast <= abs(own - ground) + 8
