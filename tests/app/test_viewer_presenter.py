"""The viewer reads what is asked for, in the background, and the newest wish counts."""

from __future__ import annotations

import shutil

import pytest
from viewer_world import SHAPE, choice_of, volume_path, write_patients

from App.model.viewed_patient import ViewedPatient
from App.presenter.loading import Failed, Loading, Stopped
from App.presenter.notices import Notices
from App.presenter.viewer import ViewerPresenter
from App.tasks import TaskRunner
from sbmir.keys import SliceKey

KEY = SliceKey("Demo", "P1", 6)


@pytest.fixture
def volumes_dir(tmp_path):
    write_patients(tmp_path)
    return tmp_path


@pytest.fixture
def runner(qapp):
    runner = TaskRunner()
    yield runner
    assert runner.stop_all(10)


@pytest.fixture
def notices(qapp):
    return Notices()


@pytest.fixture
def presenter(runner, volumes_dir, notices):
    return ViewerPresenter(runner, choice_of(volumes_dir), notices)


def is_loaded(viewer, modality):
    return isinstance(viewer.state, ViewedPatient) and modality in viewer.state.modalities


@pytest.fixture
def opened(presenter, qtbot):
    presenter.open(KEY, "T1")
    (viewer,) = presenter.viewers
    qtbot.waitUntil(lambda: is_loaded(viewer, "T1"))
    return viewer


def test_it_opens_at_the_slice_that_was_found(opened):
    assert (opened.slice_index, opened.retrieved_index, opened.modality) == (6, 6, "T1")
    assert opened.state.modalities == ("T1",)  # no other image was read


def test_an_image_is_read_when_it_is_asked_for_and_kept(opened, qtbot):
    told = []
    opened.state_changed.connect(told.append)
    opened.set_modality("FLAIR")
    assert isinstance(opened.state, Loading)
    qtbot.waitUntil(lambda: is_loaded(opened, "FLAIR"))
    told.clear()
    opened.set_modality("T1")
    assert told == [opened.state]
    assert opened.state.modalities == ("T1", "FLAIR")


def test_the_newest_wish_counts(opened, qtbot):
    opened.set_modality("FLAIR")
    opened.set_modality("T1CE")
    qtbot.waitUntil(lambda: is_loaded(opened, "T1CE"))
    qtbot.wait(50)
    assert opened.modality == "T1CE"
    assert opened.state.modalities == ("T1", "T1CE")


def test_the_same_patient_is_not_opened_twice(presenter, opened):
    again = []
    presenter.asked_again.connect(again.append)
    presenter.open(SliceKey("Demo", "P1", 9), "T1")
    assert again == [opened]
    assert presenter.viewers == (opened,)
    assert (opened.slice_index, opened.retrieved_index) == (9, 9)
    presenter.open(SliceKey("Demo", "P2", 3), "T1")
    assert len(presenter.viewers) == 2


def test_the_label_map_as_a_picture_opens_an_image_with_it(presenter, qtbot):
    presenter.open(KEY, "SEG")
    (viewer,) = presenter.viewers
    assert viewer.labels_shown
    qtbot.waitUntil(lambda: is_loaded(viewer, "T1"))


def test_slices_end_with_the_volume(opened):
    opened.go_to_slice(99)
    assert opened.slice_index == SHAPE[2] - 1
    opened.go_to_slice(-1)
    assert opened.slice_index == 0
    opened.go_to_retrieved()
    assert opened.slice_index == 6


def test_a_slice_beyond_the_volume_becomes_its_last(presenter, qtbot):
    presenter.open(SliceKey("Demo", "P1", 500), "T1")
    (viewer,) = presenter.viewers
    qtbot.waitUntil(lambda: is_loaded(viewer, "T1"))
    assert viewer.slice_index == SHAPE[2] - 1


def test_a_damaged_volume_is_said_and_can_be_tried_again(presenter, volumes_dir, qtbot):
    path = volume_path(volumes_dir, "P1", "t1")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    presenter.open(KEY, "T1")
    (viewer,) = presenter.viewers
    qtbot.waitUntil(lambda: isinstance(viewer.state, Failed))
    assert path.name in viewer.state.problem.text
    viewer.set_modality("FLAIR")  # another image is looked at meanwhile
    qtbot.waitUntil(lambda: is_loaded(viewer, "FLAIR"))
    path.write_bytes(whole)
    viewer.set_modality("T1")
    qtbot.waitUntil(lambda: is_loaded(viewer, "T1"))


def test_a_failed_image_can_be_retried(opened, volumes_dir, qtbot):
    path = volume_path(volumes_dir, "P1", "flair")
    aside = shutil.move(path, path.with_suffix(".aside"))
    opened.set_modality("FLAIR")
    qtbot.waitUntil(lambda: isinstance(opened.state, Failed))
    assert "has no FLAIR volume" in opened.state.problem.what
    shutil.move(aside, path)
    opened.retry()
    qtbot.waitUntil(lambda: is_loaded(opened, "FLAIR"))


def test_a_missing_label_map_is_said_once(presenter, notices, volumes_dir, qtbot):
    volume_path(volumes_dir, "P1", "seg").unlink()
    said = []
    notices.said.connect(said.append)
    presenter.open(KEY, "T1")
    (viewer,) = presenter.viewers
    qtbot.waitUntil(lambda: is_loaded(viewer, "T1"))
    viewer.set_modality("FLAIR")
    qtbot.waitUntil(lambda: is_loaded(viewer, "FLAIR"))
    assert said == ["The patient P1 has no label map."]


def test_giving_up_goes_back_to_what_was_shown(opened, presenter, qtbot):
    opened.set_modality("FLAIR")
    opened.cancel()
    assert (opened.modality, is_loaded(opened, "T1")) == ("T1", True)
    presenter.open(SliceKey("Demo", "P2", 6), "T1")
    other = presenter.viewers[1]
    other.cancel()
    assert isinstance(other.state, Stopped)
    other.retry()
    qtbot.waitUntil(lambda: is_loaded(other, "T1"))


def test_closing_lets_go_of_the_volumes_and_of_what_is_being_read(presenter, runner, qtbot):
    presenter.open(KEY, "T1")
    (viewer,) = presenter.viewers
    presenter.close(viewer)
    assert presenter.viewers == ()
    qtbot.waitUntil(lambda: not runner.is_busy)
    assert isinstance(viewer.state, Stopped)
