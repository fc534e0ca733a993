"""A row of the results: what it tells of a patient, and what one can do with it."""

import pytest
from PyQt5.QtCore import QPoint, QPointF, Qt
from PyQt5.QtGui import QColor, QContextMenuEvent
from PyQt5.QtWidgets import QAction, QApplication, QMenu, QPushButton, QVBoxLayout, QWidget
from result_samples import COLORS, EXTENT_MM, MODALITIES, TISSUES, pictures, ranked, reasons, sketch

from App.model.reasons import shift_text, size_text
from App.model.result_pictures import SEGMENTATION_NAME
from App.model.sketch import Sketch
from App.widget.picture_view import BACKGROUND, Outline, PictureView
from App.widget.result_menu import ResultMenu
from App.widget.result_row import ResultRow
from sbmir.labels import TissueClass

NAMES = (*MODALITIES, SEGMENTATION_NAME)
SIDE = 200


@pytest.fixture
def row(qtbot) -> ResultRow:
    row = ResultRow(ranked("P2")[0], NAMES, TISSUES, COLORS)
    qtbot.addWidget(row)
    row.resize(800, 260)
    row.show()
    return row


@pytest.fixture
def picture(qtbot) -> PictureView:
    view = PictureView(SEGMENTATION_NAME, COLORS)
    qtbot.addWidget(view)
    view.resize(SIDE, SIDE)
    view.show()
    return view


def seen(view, x, y) -> QColor:
    """The colour at a place, in parts of the picture's width and height."""
    image = view.grab().toImage()
    return image.pixelColor(round(x * (image.width() - 1)), round(y * (image.height() - 1)))


def test_it_names_patient_slice_and_distance(row):
    assert "[No.1]" in row.title.text()
    assert "PatientID = P2, Slice = 7" in row.title.text()
    assert "1.100" in row.distance.text()


def test_a_patient_named_like_markup_is_shown_as_it_is(qtbot):
    row = ResultRow(ranked("<b>x</b>")[0], NAMES, TISSUES, COLORS)
    qtbot.addWidget(row)
    assert "&lt;b&gt;x&lt;/b&gt;" in row.title.text()


def test_the_label_map_has_the_colours_of_the_sketch_and_follows_them(picture):
    picture.set_picture(pictures()[-1])
    assert seen(picture, 0.5, 0.25) == QColor(COLORS[TissueClass.ED])
    assert seen(picture, 0.5, 0.75) == QColor(100, 100, 100)
    picture.set_colors({**COLORS, TissueClass.ED: "#112233"})
    assert seen(picture, 0.5, 0.25) == QColor("#112233")


def test_the_outline_of_the_sketch_lies_where_it_was_drawn(picture):
    picture.set_picture(pictures()[0])
    picture.set_outline(Outline(sketch(), EXTENT_MM))
    edge = seen(picture, 0.2, 0.5)  # 20 of 100 mm from the left
    assert edge.red() > 180 and edge.green() > 180 and edge.blue() < 90
    assert seen(picture, 0.5, 0.5) == QColor(100, 100, 100)
    picture.set_outline(None)
    assert seen(picture, 0.2, 0.5) == QColor(100, 100, 100)


def test_an_example_without_a_lesion_has_no_outline(picture):
    picture.set_picture(pictures()[0])
    picture.set_outline(Outline(Sketch(), (0.0, 0.0)))
    assert seen(picture, 0.5, 0.5) == QColor(100, 100, 100)


def test_why_it_matches_is_told_in_a_line_and_in_full(row):
    row.set_reasons(reasons())
    line = row.why.text()
    for part in ("ED", "0.62", "ET", "0.00", "NET", "–", "1.3 × the size", "12 mm away"):
        assert part in line
    assert COLORS[TissueClass.ED] in line
    assert "Peritumoral edema: 0.62" in row.why.toolTip()
    assert "12.4 mm" in row.why.toolTip()
    row.set_reasons(None)
    assert not row.why.text() and not row.why.toolTip()


@pytest.mark.parametrize(
    ("ratio", "words"),
    [(None, ""), (0.0, "no lesion in this slice"), (0.04, "0.04 ×"), (0.5, "0.5 ×"), (3, "3.0 ×")],
)
def test_the_size_is_told_in_words(ratio, words):
    assert size_text(ratio).startswith(words) and bool(size_text(ratio)) is bool(words)


@pytest.mark.parametrize(
    ("shift_mm", "words"),
    [(None, ""), (0.0, "same place"), (0.7, "1 mm away"), (12.4, "12 mm away")],
)
def test_the_place_is_told_in_words(shift_mm, words):
    assert shift_text(shift_mm) == words


def test_another_patient_in_its_place_dims_the_pictures_until_they_are_read(row):
    row.set_pictures(pictures(level=200))
    row.set_reasons(reasons())
    row.show_result(ranked("P3")[0])
    assert "P3" in row.title.text()
    assert not row.why.text()
    assert not row.pictures[0].has_picture
    dimmed = seen(row.pictures[0], 0.5, 0.5)
    assert BACKGROUND.red() < dimmed.red() < 200  # neither the old picture nor black
    row.set_pictures(pictures(level=120))
    assert row.pictures[0].has_picture
    assert seen(row.pictures[0], 0.5, 0.5) == QColor(120, 120, 120)


def test_the_same_slice_at_another_rank_keeps_its_pictures(row):
    row.set_pictures(pictures())
    row.show_result(ranked("P2", first=4)[0])
    assert "[No.4]" in row.title.text()
    assert row.pictures[0].has_picture


def test_a_picture_that_cannot_be_read_says_why(row):
    row.set_pictures(pictures(problem="It is not there."))
    assert not row.pictures[1].has_picture
    assert row.pictures[1].toolTip() == "It is not there."
    assert row.pictures[0].has_picture


@pytest.mark.parametrize(("place", "name"), list(enumerate(NAMES)))
def test_a_double_click_opens_the_picture_that_was_clicked(row, qtbot, place, name):
    with qtbot.waitSignal(row.opened) as opened:
        qtbot.mouseDClick(row.pictures[place], Qt.MouseButton.LeftButton)
    assert opened.args == [name]


def test_a_right_double_click_keeps_the_row(row, qtbot):
    with qtbot.waitSignal(row.kept), qtbot.assertNotEmitted(row.opened):
        qtbot.mouseDClick(row.pictures[0], Qt.MouseButton.RightButton)


def test_enter_opens_the_row_in_focus_although_it_searches_elsewhere(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    row, elsewhere = ResultRow(ranked("P2")[0], NAMES, TISSUES, COLORS), QPushButton()
    column = QVBoxLayout(window)
    column.addWidget(row)
    column.addWidget(elsewhere)
    searches = []
    search = QAction("Search", window)
    search.setShortcut("Return")
    search.triggered.connect(lambda: searches.append(True))
    window.addAction(search)
    with qtbot.waitActive(window):
        window.show()
    row.setFocus()
    with qtbot.waitSignal(row.opened) as opened:
        qtbot.keyClick(row, Qt.Key.Key_Return)
    assert opened.args == [""]
    assert not searches
    elsewhere.setFocus()
    qtbot.keyClick(elsewhere, Qt.Key.Key_Return)
    assert searches


def test_its_menu_opens_by_button_and_by_right_click(row, qtbot):
    with qtbot.waitSignals([row.chosen, row.menu_wanted]):
        qtbot.mouseClick(row.more, Qt.MouseButton.LeftButton)
    for part in (row.pictures[0], row.title, row):
        with qtbot.waitSignals([row.chosen, row.menu_wanted]):
            reason = QContextMenuEvent.Reason.Mouse
            QApplication.sendEvent(part, QContextMenuEvent(reason, QPoint(3, 3)))


def test_the_second_click_of_a_double_click_falls_on_the_menu_and_still_keeps_the_row(qtbot):
    menu = QMenu()
    qtbot.addWidget(menu)
    first = menu.addAction("First")
    done = []
    first.triggered.connect(done.append)
    opener = ResultMenu(menu)
    place = QPoint(50, 60)
    opener.popup(place)
    with qtbot.waitSignal(opener.kept):
        qtbot.mousePress(menu, Qt.MouseButton.RightButton, pos=QPoint(1, 1))
    assert not menu.isVisible()
    assert not done


def test_a_later_click_on_the_menu_is_an_ordinary_one(qtbot):
    menu = QMenu()
    qtbot.addWidget(menu)
    menu.addAction("First")
    opener = ResultMenu(menu)
    opener.popup(QPoint(50, 60))
    with qtbot.assertNotEmitted(opener.kept):
        inside = QPointF(menu.rect().center()).toPoint()
        qtbot.mousePress(menu, Qt.MouseButton.RightButton, pos=inside)
    menu.close()
