"""Saving and opening from the window: the sketch is never lost, whatever happens to the files."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest
from file_world import FileWorld, make_patients
from PyQt5.QtCore import QTimer
from sketch_samples import ED, document, nested_sketch
from template_samples import LESION_SLICES

from App.model.sketch import Sketch
from App.model.sketch_document import read_document, write_document
from App.presenter.loading import Stopped
from App.tasks import THREADS
from sbmir.volumes import write_nifti

ROOT = Path(__file__).parents[2]


@pytest.fixture
def choice(tmp_path, template_dirs):
    return make_patients(tmp_path / "data", template_dirs)


@pytest.fixture
def world(qtbot, tmp_path, choice):
    world = FileWorld(choice, tmp_path / "state")
    world.show_template(qtbot)
    yield world
    world.close()


class TestSaving:
    @pytest.mark.parametrize("name", ["a.json", "a.nii.gz"])
    def test_what_is_saved_comes_back_on_its_slice(self, world, qtbot, tmp_path, name) -> None:
        drawn = world.draw()
        world.sketching.go_to_slice(3)
        world.files.save_as(tmp_path / name)
        world.settle(qtbot)
        assert world.said == [f"The sketch is saved as {name}."]
        world.draw(Sketch())
        world.sketching.go_to_slice(0)
        world.files.open(tmp_path / name)
        world.settle(qtbot)
        assert world.sketching.slice_index == 3
        size = (48, 40)
        extent_mm = world.sketching.template.extent_mm
        np.testing.assert_array_equal(
            world.sketching.sketch.label_map(size, extent_mm), drawn.label_map(size, extent_mm)
        )
        assert not world.failed

    def test_opening_is_one_step_of_the_history(self, world, qtbot, tmp_path) -> None:
        write_document(tmp_path / "a.json", document(index=2))
        before = world.draw(Sketch().painted(ED, nested_sketch().region(ED)))
        steps, index = world.sketching.undo_stack.count(), world.sketching.slice_index
        world.files.open(tmp_path / "a.json")
        world.settle(qtbot)
        assert world.sketching.undo_stack.count() == steps + 1
        assert "a.json" in world.sketching.undo_stack.undoText()
        world.sketching.undo_stack.undo()
        assert world.sketching.sketch.is_same(before)
        assert world.sketching.slice_index == index

    def test_nothing_drawn_is_nothing_to_save(self, world, tmp_path) -> None:
        assert not world.files.can_save
        world.files.save_as(tmp_path / "a.json")
        assert not (tmp_path / "a.json").exists()
        world.draw()
        assert world.files.can_save

    def test_a_new_sketch_does_not_overwrite_the_file_of_the_one_before(
        self, world, qtbot, tmp_path
    ) -> None:
        world.draw()
        world.files.save_as(tmp_path / "a.json")
        world.settle(qtbot)
        assert world.files.path == tmp_path / "a.json"
        world.show_template(qtbot, "P2")
        assert world.files.path is None
        world.show_template(qtbot, "P1")
        assert world.files.path == tmp_path / "a.json"
        world.draw(Sketch())
        assert world.files.path is None

    def test_a_sketch_from_elsewhere_does_not_overwrite_the_file_that_was_opened(
        self, world, qtbot, tmp_path
    ) -> None:
        world.safe.last_path.parent.mkdir(parents=True)
        write_document(world.safe.last_path, document(index=2))
        write_document(tmp_path / "a.json", document(index=1))
        world.files.open(tmp_path / "a.json")
        world.settle(qtbot)
        assert world.files.path == tmp_path / "a.json"
        world.files.reopen_last()
        world.settle(qtbot)
        assert world.sketching.slice_index == 2
        assert world.files.path is None
        world.files.open(tmp_path / "a.json")
        world.settle(qtbot)
        world.searching.lesion_loaded.emit()  # the lesion of a result is the sketch now
        assert world.files.path is None

    def test_what_is_saved_just_before_the_window_closes_is_saved(
        self, world, qtbot, tmp_path
    ) -> None:
        world.draw()
        go_on = threading.Event()
        for number in range(2 * THREADS):  # such as pictures that are still to come
            world.runner.start(f"busy {number}", lambda _: go_on.wait(10))
        world.files.save_as(tmp_path / "a.json")
        threading.Timer(0.1, go_on.set).start()
        assert world.runner.stop_all(10.0)
        assert read_document(tmp_path / "a.json").sketch.is_same(nested_sketch())

    def test_recent_sketches_are_remembered(self, world, qtbot, tmp_path) -> None:
        world.draw()
        for name in ("a.json", "b.json"):
            world.files.save_as(tmp_path / name)
            world.settle(qtbot)
        assert world.files.recent_sketches == (tmp_path / "b.json", tmp_path / "a.json")
        assert world.files.folder == tmp_path

    def test_endings_in_capitals_are_read(self, world, qtbot, tmp_path) -> None:
        drawn = world.draw()
        for name in ("a.json", "a.nii.gz"):
            world.files.save_as(tmp_path / name)
            world.settle(qtbot)
            (tmp_path / name).rename(tmp_path / name.upper())
            world.draw(Sketch())
            world.files.open(tmp_path / name.upper())
            world.settle(qtbot)
            assert world.sketching.sketch.regions.keys() == drawn.regions.keys()
            world.draw(drawn)
        assert not world.failed


class TestOpening:
    def test_the_template_patient_of_the_sketch_is_loaded_first(
        self, world, qtbot, tmp_path
    ) -> None:
        write_document(tmp_path / "a.json", document(patient="P2", index=2))
        world.files.open(tmp_path / "a.json")
        qtbot.waitUntil(lambda: world.sketching.template.patient == "P2", timeout=20_000)
        world.settle(qtbot)
        assert world.sketching.sketch.is_same(nested_sketch())
        assert world.sketching.slice_index == 2
        assert any("Loading P2" in told for told in world.said)
        assert world.files.path == tmp_path / "a.json"

    def test_a_patient_whose_volume_is_damaged_leaves_what_is_drawn(
        self, world, qtbot, tmp_path, choice
    ) -> None:
        drawn = world.draw()
        volume = choice.dataset.volumes_dir / "P2" / "P2_t1.nii.gz"
        volume.write_bytes(b"damaged")
        write_document(tmp_path / "a.json", document(Sketch(), patient="P2"))
        world.files.open(tmp_path / "a.json")
        qtbot.waitUntil(lambda: any("not opened" in told for told in world.said), timeout=20_000)
        assert world.sketching.sketch.is_same(drawn)
        world.show_template(qtbot, "P1")
        assert world.sketching.sketch.is_same(drawn)
        # Once the patient can be shown, what is drawn is still not the sketch of that file.
        shutil.copy(volume.parents[1] / "P1" / "P1_t1.nii.gz", volume)
        world.show_template(qtbot, "P2")
        assert world.sketching.sketch.is_same(drawn)
        assert world.files.path is None

    def test_giving_up_gives_up_the_patient_who_was_chosen_meanwhile_too(
        self, world, qtbot
    ) -> None:
        world.loader.load("P2")
        world.loader.load("P1")  # waits until the loading of P2 has ended
        world.loader.load("P2")
        world.loader.cancel()
        states: list[object] = []
        world.loader.state_changed.connect(states.append)
        world.settle(qtbot)
        assert isinstance(states[-1], Stopped)
        assert world.sketching.template.patient == "P1"

    def test_whoever_chooses_another_patient_meanwhile_keeps_what_is_drawn(
        self, world, qtbot, tmp_path
    ) -> None:
        drawn = world.draw(Sketch().painted(ED, nested_sketch().region(ED)))
        write_document(tmp_path / "a.json", document(patient="P2"))

        def choose_p1(told: str) -> None:
            if "Loading P2" in told:  # at once, as so small a patient is loaded in no time
                QTimer.singleShot(0, lambda: world.loader.load("P1"))

        world.notices.said.connect(choose_p1)
        world.files.open(tmp_path / "a.json")
        qtbot.waitUntil(lambda: any("meanwhile" in told for told in world.said), timeout=20_000)
        world.settle(qtbot)
        assert world.sketching.template.patient == "P1"
        assert world.sketching.sketch is drawn
        assert "another patient was chosen" in world.said[-1]
        assert world.files.path is None

    def test_a_patient_who_is_not_here_is_told_and_the_sketch_lies_on_the_shown_one(
        self, world, qtbot, tmp_path
    ) -> None:
        index = world.sketching.slice_index
        write_document(tmp_path / "a.json", document(patient="Somebody else", index=9))
        world.files.open(tmp_path / "a.json")
        world.settle(qtbot)
        assert world.sketching.sketch.is_same(nested_sketch())
        assert world.sketching.slice_index == index
        assert "Somebody else" in world.said[-1]

    def test_a_sketch_saved_while_a_lesion_was_looked_at_is_not_refused(
        self, world, qtbot, tmp_path
    ) -> None:
        write_document(tmp_path / "a.json", document(index=LESION_SLICES[0]))
        world.files.open(tmp_path / "a.json")
        world.settle(qtbot)
        assert world.sketching.sketch.is_same(nested_sketch())
        assert "shows a lesion" in world.said[-1]

    def test_a_sketch_of_another_size_is_refused(self, world, qtbot, tmp_path) -> None:
        drawn = world.draw()
        write_nifti(tmp_path / "a.nii.gz", np.ones((24, 24, 1), np.uint8), np.diag([-1, -1, 1, 1]))
        world.files.open(tmp_path / "a.nii.gz")
        world.settle(qtbot)
        (problem,) = world.failed
        assert "another size" in problem.what
        assert "24 x 24 mm" in problem.why
        assert world.sketching.sketch.is_same(drawn)
        assert world.files.path is None

    def test_a_slice_that_the_patient_does_not_have_is_refused(
        self, world, qtbot, tmp_path
    ) -> None:
        write_document(tmp_path / "a.json", document(index=400))
        world.files.open(tmp_path / "a.json")
        world.settle(qtbot)
        assert "slice 400" in world.failed[0].what

    def test_a_broken_file_is_one_message_and_the_sketch_stays(
        self, world, qtbot, tmp_path
    ) -> None:
        drawn = world.draw()
        for name in ("a.json", "a.nii.gz", "a.npy", "a.png"):
            (tmp_path / name).write_bytes(b"no sketch at all")
            world.files.open(tmp_path / name)
            world.settle(qtbot)
        assert len(world.failed) == 4
        assert not any(problem.is_bug for problem in world.failed)
        assert world.sketching.sketch.is_same(drawn)


SAVE = """
import os, sys
from pathlib import Path
sys.path[:0] = [{tests!r}, {root!r}]
from sketch_samples import document
from App.model.sketch_storage import save_sketch
from sbmir.errors import SbmirError
from sbmir.volumes import Geometry
import numpy as np
volume = Geometry((40, 48, 12), np.diag([-1.5, -1.0, 2.0, 1.0]))
{disturb}
try:
    save_sketch(Path({path!r}), document(), volume)
except SbmirError as error:
    print(error)
else:
    print("saved")
"""


def save_in_a_process(path: Path, disturb: str) -> str:
    code = SAVE.format(
        tests=str(Path(__file__).parent), root=str(ROOT), path=str(path), disturb=disturb
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


class TestDisksThatDoNotTakeIt:
    """A process of its own, as limits and users are those of a process."""

    @pytest.mark.parametrize("name", ["a.json", "a.nii.gz"])
    def test_a_full_disk_is_said_and_the_former_file_stays(self, tmp_path: Path, name) -> None:
        (tmp_path / name).write_bytes(b"the former one")
        limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))"
        told = save_in_a_process(tmp_path / name, limit)
        assert f"could not be saved as {tmp_path / name}" in told
        assert os.strerror(errno.EFBIG) in told
        assert "Make room" in told
        assert (tmp_path / name).read_bytes() == b"the former one"
        assert [entry.name for entry in tmp_path.iterdir()] == [name]

    def test_a_read_only_folder_is_said(self) -> None:
        # Not pytest's folder: no other user may enter that one.
        folder = Path(tempfile.mkdtemp())
        try:
            folder.chmod(0o555)
            nobody = "os.getuid() or os.setuid(65534)"
            told = save_in_a_process(folder / "a.json", nobody)
            assert f"could not be saved as {folder / 'a.json'}" in told
            assert "Choose a folder that you may write to." in told
            assert not list(folder.iterdir())
        finally:
            shutil.rmtree(folder)

    def test_a_folder_that_is_gone_is_said_and_the_sketch_stays(
        self, world, qtbot, tmp_path
    ) -> None:
        drawn = world.draw()
        world.files.save_as(tmp_path / "gone" / "a.json")
        world.settle(qtbot)
        assert "a.json" in world.failed[0].what
        assert not world.failed[0].is_bug
        assert world.sketching.sketch is drawn
        assert world.files.recent_sketches == ()


class TestTheLastSketch:
    def test_a_closed_window_leaves_its_sketch_to_be_reopened(
        self, qtbot, tmp_path, choice
    ) -> None:
        first = FileWorld(choice, tmp_path / "state")
        first.show_template(qtbot, "P2")
        assert not first.files.can_reopen
        drawn = first.draw()
        first.close()
        second = FileWorld(choice, tmp_path / "state")
        second.show_template(qtbot, "P1")
        assert second.files.can_reopen
        second.files.reopen_last()
        qtbot.waitUntil(lambda: not second.sketching.sketch.is_empty, timeout=20_000)
        assert second.sketching.template.patient == "P2"
        assert second.sketching.sketch.is_same(drawn)
        second.close()

    def test_a_window_without_a_sketch_does_not_take_the_last_one_away(
        self, qtbot, tmp_path, choice
    ) -> None:
        for drawn in (nested_sketch(), Sketch()):
            world = FileWorld(choice, tmp_path / "state")
            world.show_template(qtbot)
            world.draw(drawn)
            world.close()
        assert read_document(world.safe.last_path).sketch.is_same(nested_sketch())
