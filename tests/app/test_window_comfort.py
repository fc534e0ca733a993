"""Themes, layout, keys, guide, credit, hint and messages of the window."""

from pathlib import Path

import pytest
from PyQt5.QtCore import QPoint, QRect, QSize, Qt
from PyQt5.QtGui import QColor, QImage
from PyQt5.QtWidgets import QApplication, QDialog, QPushButton
from window_world import World, opened

from App.actions.group import plain
from App.dialog.credit import CreditDialog
from App.dialog.guide import GuideWindow, anchor_of
from App.dialog.message import ProblemDialog
from App.preferences import Preferences
from App.theme import DARK, LIGHT, Look
from App.widget.notice_bar import NoticeBar
from sbmir.errors import DataError, NotFoundError


@pytest.fixture
def world(tmp_path) -> World:
    world = World(tmp_path)
    world.write_config()
    return world


@pytest.fixture
def plain_again():
    """No theme is left over for other tests."""
    application = QApplication.instance()
    palette = application.palette()
    yield
    application.setStyleSheet("")
    application.setPalette(palette)


@pytest.fixture
def small_letters(qapp):
    """Off screen there are 800 x 600 pixels, too few for the window with large letters."""
    before = qapp.font()
    small = qapp.font()
    small.setPointSizeF(5)
    qapp.setFont(small)
    yield
    qapp.setFont(before)


def line(session, name):
    """An action of the menus, by what the keys dialog calls it."""
    lines = {name: action for group in session.window.groups for name, action in group.lines}
    return lines[name]


def test_a_theme_changes_at_once_and_the_next_start_remembers_it(world, qtbot, plain_again):
    with opened(world, qtbot) as session:
        line(session, "Theme: Dark").trigger()
        page = session.window.results.page
        qtbot.waitUntil(lambda: not page.visibleRegion().isEmpty())
        assert QColor(page.grab().toImage().pixel(2, 2)) == QColor(DARK.window)
        line(session, "Theme: Light").trigger()
        assert QColor(page.grab().toImage().pixel(2, 2)) == QColor(LIGHT.window)
    assert Look(QApplication.instance(), world.preferences, "dark").theme is LIGHT


def test_an_unknown_theme_in_the_file_is_the_desktops(tmp_path, qapp):
    preferences = Preferences(tmp_path / "window.ini")
    preferences.set_text("theme", "pink")
    assert Look(qapp, preferences, "light").name == "system"


def test_the_menu_ticks_the_theme_that_is_on(world, qtbot, plain_again):
    with opened(world, qtbot) as session:
        ticked = [
            name
            for name in ("As the desktop", "Light", "Dark")
            if line(session, f"Theme: {name}").isChecked()
        ]
        assert ticked == ["As the desktop"]


def test_size_and_docks_are_where_they_were_left(world, qtbot, small_letters):
    with opened(world, qtbot) as session:
        session.window.resize(760, 590)
        session.window.results.setFloating(True)
    with opened(world, qtbot) as session:
        assert session.window.size() == QSize(760, 590)
        assert session.window.results.isFloating()
        line(session, "Reset the layout").trigger()
        assert not session.window.results.isFloating()
        assert session.window.results.isVisible()


def test_a_layout_of_a_larger_screen_fits_this_one(world, qtbot, small_letters):
    with opened(world, qtbot) as session:
        session.window.setGeometry(QRect(QPoint(2500, 1700), QSize(3000, 2000)))
    with opened(world, qtbot) as session:
        room = QApplication.primaryScreen().availableGeometry()
        qtbot.waitUntil(lambda: room.contains(session.window.frameGeometry()))


@pytest.mark.parametrize("damage", ["window_geometry=@@@@", "window_state=AAAA\nnonsense", "\0\1"])
def test_a_damaged_file_of_preferences_is_as_if_it_were_not_there(world, qtbot, damage):
    (world.root / "window.ini").write_text(f"[General]\n{damage}\n")
    with opened(world, qtbot) as session:
        assert session.window.results.isVisible()
        assert session.window.width() <= world.config.window.width


def test_all_actions_are_in_the_list_of_keys_and_no_key_means_two_things(world, qtbot):
    with opened(world, qtbot) as session:
        line(session, "Keys and gestures").trigger()
        keys = session.window.keys
        assert keys.isVisible()
        listed = listed_lines(keys)
        used: dict[str, str] = {}
        for group in session.window.groups:
            for name, action in group.lines:
                assert name in listed
                assert action.toolTip(), name
                for key in action.shortcuts():
                    text = key.toString()
                    assert text in listed[name]
                    assert used.setdefault(text, name) == name, f"{text}: {used[text]}, {name}"
        assert "Ctrl + wheel" in listed["Zoom to the pointer"]


def listed_lines(keys) -> dict[str, str]:
    """What the dialog shows: name and keys of each line."""
    chapters = [keys.list.topLevelItem(n) for n in range(keys.list.topLevelItemCount())]
    lines = [chapter.child(n) for chapter in chapters for n in range(chapter.childCount())]
    return {one.text(0): one.text(1) for one in lines if not one.isHidden()}


def test_the_list_of_keys_is_narrowed_by_what_is_typed(world, qtbot):
    with opened(world, qtbot) as session:
        keys = session.window.keys
        keys.open_beside()
        qtbot.keyClicks(keys.sought, "undo")
        assert any(name.startswith("Undo") for name in listed_lines(keys))
        assert "Quit" not in listed_lines(keys)
        keys.sought.setText("no such thing")
        assert not listed_lines(keys)
        assert keys.nothing.isVisible()


def test_no_two_menus_share_a_letter(world, qtbot):
    with opened(world, qtbot) as session:
        titles = [group.title for group in session.window.groups]
        letters = [title[title.index("&") + 1].casefold() for title in titles]
        assert len(set(letters)) == len(letters)
        assert plain("&Save && go") == "Save & go"


def test_the_credit_names_paper_and_licence_and_copies_the_citation(world, qtbot):
    with opened(world, qtbot) as session:
        line(session, "Credit").trigger()
        dialog = next(w for w in session.window.findChildren(CreditDialog) if w.isVisible())
        qtbot.mouseClick(dialog.copy, Qt.MouseButton.LeftButton)
        assert "10.1016/j.media.2023.103060" in QApplication.clipboard().text()
        text = " ".join(
            label.text() for label in dialog.findChildren(type(session.window.notice).__base__)
        )
        assert "General Public License" in text
        assert "not a medical device" in text
        assert "torch" in text


def write_guide(folder: Path) -> Path:
    picture = QImage(3000, 60, QImage.Format.Format_RGB32)
    picture.fill(QColor("#c02040"))
    picture.save(str(folder / "wide.png"))
    filler = "\n\n".join(f"Line {number}." for number in range(60))
    path = folder / "guide.md"
    path.write_text(
        f"# The guide\n\n![A picture](wide.png)\n\n[To the end](#at-the-end)\n\n{filler}\n\n"
        f"## At the end\n\nLast words.\n\n{filler}\n"
    )
    return path


def test_the_guide_shows_headings_and_pictures_that_fit(tmp_path, qtbot, qapp):
    window = GuideWindow(None, write_guide(tmp_path))
    qtbot.addWidget(window)
    window.show()
    titles = [window.contents.item(n).text().strip() for n in range(window.contents.count())]
    assert titles == ["The guide", "At the end"]
    qapp.processEvents()
    page = window.page
    assert page.document().size().width() <= page.viewport().width()
    shown = page.viewport().grab().toImage()
    columns = [x for x in range(shown.width()) if reddish(shown, x)]
    assert len(columns) > 0.8 * shown.width()  # as wide as the page, and not cut off
    assert columns[-1] < shown.width() - 1
    block = page.document().begin()
    while block.isValid():  # also what stands beneath a picture that was made smaller
        assert block.layout().boundingRect().height() > 0, block.text()
        block = block.next()


def reddish(picture: QImage, column: int) -> bool:
    return any(
        QColor(picture.pixel(column, row)).red() > 150
        and QColor(picture.pixel(column, row)).green() < 80
        for row in range(0, picture.height(), 2)
    )


def test_headings_and_links_lead_to_their_place(tmp_path, qtbot, qapp):
    window = GuideWindow(None, write_guide(tmp_path))
    qtbot.addWidget(window)
    window.show()
    qapp.processEvents()
    bar = window.page.verticalScrollBar()
    window.contents.setCurrentRow(1)
    place = bar.value()
    assert place > 0
    window.contents.setCurrentRow(0)
    assert bar.value() < place
    from PyQt5.QtCore import QUrl

    window.page.anchorClicked.emit(QUrl("#at-the-end"))
    assert bar.value() == place
    assert anchor_of("What it shows: T1, T1CE") == "what-it-shows-t1-t1ce"


def test_a_guide_that_is_not_there_is_told(tmp_path):
    with pytest.raises(NotFoundError, match="guide"):
        GuideWindow(None, tmp_path / "none.md")


def test_a_message_stands_beside_the_menus_and_leaves_by_itself(world, qtbot, monkeypatch):
    monkeypatch.setattr("App.widget.notice_bar.SHORTEST_MS", 60)
    monkeypatch.setattr("App.widget.notice_bar.MS_A_LETTER", 0)
    with opened(world, qtbot) as session:
        notice: NoticeBar = session.window.notice
        session.notices.say("Saved as left-temporal.nii.gz")
        assert notice.message == "Saved as left-temporal.nii.gz"
        menus = session.window.menuBar()
        assert menus.rect().contains(notice.geometry())
        assert menus.actionGeometry(menus.actions()[-1]).right() < notice.geometry().left()
        qtbot.waitUntil(lambda: not notice.isVisible())


def test_a_long_message_is_shortened_and_whole_in_its_tooltip(world, qtbot):
    with opened(world, qtbot) as session:
        text = "Saved as " + "a-long-name/" * 60
        session.notices.say(text)
        notice = session.window.notice
        assert "…" in notice.text()
        assert notice.toolTip() == text
        session.window.resize(700, 600)
        assert session.window.menuBar().rect().contains(notice.geometry())


def test_a_failure_opens_a_dialog_and_the_window_stays_usable(world, qtbot):
    with opened(world, qtbot) as session:
        session.notices.fail(DataError("The sketch file is damaged.", remedy="Choose another."))
        dialog = session.window.findChild(ProblemDialog)
        assert isinstance(dialog, QDialog)
        assert dialog.isVisible()
        dialog.close()
        assert session.window.isEnabled()


def test_the_first_hint_ticks_what_is_done_and_stays_away_when_told(world, qtbot):
    world.write_patients(1)
    with opened(world, qtbot) as session:
        hint = session.window.hint
        assert hint.isVisible()
        qtbot.waitUntil(lambda: session.sketching.template is not None)
        assert hint.steps[0].text().startswith("✓")
        assert hint.steps[1].text().startswith("2")
        session.sketching.set_sketching(True)
        assert hint.steps[1].text().startswith("✓")
        enough = next(b for b in hint.findChildren(QPushButton) if "Got it" in b.text())
        qtbot.mouseClick(enough, Qt.MouseButton.LeftButton)
        assert not hint.isVisible()
    with opened(world, qtbot) as session:
        assert not session.window.hint.isVisible()


def test_preferences_survive_in_their_file(tmp_path):
    path = tmp_path / "folder" / "window.ini"
    preferences = Preferences(path)
    for number in range(12):
        preferences.add_recent_sketch(Path(f"/data/a, b/Ärzte {number}.json"))
    preferences.add_recent_sketch(Path("/data/a, b/Ärzte 10.json"))
    preferences.set_flag("live", value=True)
    del preferences
    again = Preferences(path)
    assert len(again.recent_sketches) == 8
    assert again.recent_sketches[:2] == (
        Path("/data/a, b/Ärzte 10.json"),
        Path("/data/a, b/Ärzte 11.json"),
    )
    assert again.flag("live")
    assert not again.flag("other")
    assert again.flag("other", default=True)


def test_enter_in_a_field_takes_the_number_and_starts_no_search(world, qtbot):
    world.write_patients(1)
    with opened(world, qtbot) as session:
        qtbot.waitUntil(lambda: session.sketching.template is not None)
        session.sketching.set_sketching(True)
        refused = []
        session.searching.refused.connect(refused.append)
        session.searching.started.connect(lambda: refused.append("started"))
        radius = session.window.query.tools.radius
        session.window.activateWindow()
        radius.setFocus()
        radius.selectAll()
        qtbot.keyClicks(radius, "12")
        qtbot.keyClick(radius, Qt.Key.Key_Return)
        assert session.sketching.toolbox.radius_mm == 12
        assert not refused
        qtbot.keyClick(session.window, Qt.Key.Key_Return)
        assert refused
