"""What is drawn survives the end of its process, and is offered to the next window."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from file_world import FileWorld, make_patients
from sketch_samples import NOON, brush, document, nested_sketch

from App.model.sketch import Sketch
from App.model.sketch_document import read_document, write_document
from App.model.sketch_safe import SECONDS_A_WINDOW_MAY_BE_NEW, SketchSafe
from App.widget.recovery_bar import RecoveryBar, when
from sbmir.labels import TissueClass

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[2]


@pytest.fixture
def choice(tmp_path, template_dirs):
    return make_patients(tmp_path / "data", template_dirs)


@pytest.fixture
def state_dir(tmp_path):
    return tmp_path / "state"


@pytest.fixture
def world(qtbot, choice, state_dir):
    world = FileWorld(choice, state_dir)
    world.show_template(qtbot)
    yield world
    world.close()


def run_python(code: str, *arguments: object) -> subprocess.Popen:
    prologue = f"import sys; sys.path[:0] = [{str(HERE)!r}, {str(ROOT)!r}]\n"
    return subprocess.Popen([sys.executable, "-c", prologue + code, *map(str, arguments)])


CRASH = """
import os
from pathlib import Path
from App.model.sketch_document import read_document
from App.model.sketch_safe import SketchSafe
SketchSafe(Path(sys.argv[1]), "Tiny").keep(read_document(Path(sys.argv[2])))
os.kill(os.getpid(), 9)
"""


def crash_with(state_dir: Path, *documents) -> None:
    """Leave sketches behind as windows do that are killed."""
    for kept in documents:
        path = state_dir.parent / "kept.json"
        write_document(path, kept)
        assert run_python(CRASH, state_dir / "sketches", path).wait() == -signal.SIGKILL


def offered(world: FileWorld, qtbot) -> None:
    world.recovery.look()
    world.settle(qtbot)


def kept_files(state_dir: Path) -> list[Path]:
    return sorted((state_dir / "sketches").glob("*/window-*/sketch.json"))


class TestKeeping:
    def test_each_step_is_kept_a_moment_later(self, world, qtbot, state_dir) -> None:
        for tissue in (TissueClass.ED, TissueClass.NET):
            drawn = Sketch({tissue: nested_sketch().region(tissue)})
            with qtbot.waitSignal(world.autosave.kept, timeout=10_000):
                world.draw(drawn)
            (kept,) = kept_files(state_dir)
            assert read_document(kept).sketch.is_same(drawn)
            assert read_document(kept).template.patient == "P1"

    def test_drawing_without_a_pause_is_kept_too(self, world, qtbot, state_dir) -> None:
        sketch = Sketch()
        ends = time.monotonic() + 20
        while not kept_files(state_dir):
            assert time.monotonic() < ends
            sketch = sketch.painted(TissueClass.ED, brush((random.uniform(5, 40), 20.0)))
            world.draw(sketch)
            qtbot.wait(20)

    def test_a_sketch_that_was_cleared_is_not_kept(self, world, qtbot, state_dir) -> None:
        for drawn, n_files in ((nested_sketch(), 1), (Sketch(), 0)):
            with qtbot.waitSignal(world.autosave.kept, timeout=10_000):
                world.draw(drawn)
            assert len(kept_files(state_dir)) == n_files

    def test_a_closed_window_leaves_nothing_to_recover(self, qtbot, choice, state_dir) -> None:
        world = FileWorld(choice, state_dir)
        world.show_template(qtbot)
        with qtbot.waitSignal(world.autosave.kept, timeout=10_000):
            world.draw()
        world.close()
        assert not kept_files(state_dir)
        assert not SketchSafe(state_dir / "sketches", "Tiny").leftovers()

    def test_a_disk_that_does_not_take_it_is_said_once_and_tried_again(
        self, world, qtbot, state_dir
    ) -> None:
        state_dir.mkdir(exist_ok=True)
        (state_dir / "sketches").write_text("a file where the folder should be")
        for drawn in (nested_sketch(), Sketch({2: nested_sketch().region(TissueClass.ED)})):
            world.draw(drawn)
            qtbot.wait(600)
            world.settle(qtbot)
        assert len([told for told in world.said if "cannot be kept" in told]) == 1
        (state_dir / "sketches").unlink()
        with qtbot.waitSignal(world.autosave.kept, timeout=10_000):
            world.draw()
        assert len(kept_files(state_dir)) == 1

    def test_kept_sketches_are_for_the_eyes_of_their_user(self, world, qtbot, state_dir) -> None:
        with qtbot.waitSignal(world.autosave.kept, timeout=10_000):
            world.draw()
        (kept,) = kept_files(state_dir)
        assert kept.parent.parent.stat().st_mode & 0o077 == 0


class TestOffering:
    def test_a_window_that_lives_is_not_offered(self, world, qtbot, choice, state_dir) -> None:
        with qtbot.waitSignal(world.autosave.kept, timeout=10_000):
            world.draw()
        assert SketchSafe(state_dir / "sketches", "Tiny").leftovers() == []

    def test_the_sketch_of_a_killed_window_is_offered_and_restored_on_its_slice(
        self, world, qtbot, state_dir
    ) -> None:
        crash_with(state_dir, document(patient="P2", index=3))
        bar = RecoveryBar(world.recovery)
        qtbot.addWidget(bar)
        assert bar.isHidden()
        offered(world, qtbot)
        assert not bar.isHidden()
        assert "slice 3 of P2" in bar.text.text()
        assert not bar.picture.pixmap().isNull()
        with qtbot.waitSignal(world.autosave.kept, timeout=20_000):
            bar.restore.click()
        assert bar.isHidden()
        assert world.sketching.template.patient == "P2"
        assert world.sketching.slice_index == 3
        assert world.sketching.sketch.is_same(nested_sketch())
        (own,) = kept_files(state_dir)  # what was restored is kept by this window now
        assert read_document(own).sketch.is_same(nested_sketch())

    def test_restoring_is_a_step_that_can_be_undone(self, world, qtbot, state_dir) -> None:
        crash_with(state_dir, document())
        before = world.draw(Sketch({2: nested_sketch().region(TissueClass.ED)}))
        offered(world, qtbot)
        world.recovery.restore()
        assert world.sketching.sketch.is_same(nested_sketch())
        world.sketching.undo_stack.undo()
        assert world.sketching.sketch.is_same(before)

    def test_what_is_restored_but_cannot_be_shown_is_offered_again(
        self, qtbot, choice, state_dir
    ) -> None:
        crash_with(state_dir, document(patient="P2"))
        (choice.dataset.volumes_dir / "P2" / "P2_t1.nii.gz").write_bytes(b"damaged")
        world = FileWorld(choice, state_dir)
        world.show_template(qtbot)
        offered(world, qtbot)
        world.recovery.restore()
        world.settle(qtbot)
        with qtbot.waitSignal(world.autosave.kept, timeout=10_000):
            world.draw(Sketch({2: nested_sketch().region(TissueClass.ED)}))
        world.close()
        (again,) = SketchSafe(state_dir / "sketches", "Tiny").leftovers()
        assert again.document.sketch.is_same(nested_sketch())
        again.release()

    def test_several_are_offered_one_after_the_other_newest_first(
        self, world, qtbot, state_dir
    ) -> None:
        old, new = document(index=1), document(index=2)
        crash_with(
            state_dir,
            old,
            type(new)(new.template, new.extent_mm, new.sketch, NOON + timedelta(hours=1)),
        )
        offered(world, qtbot)
        assert (world.recovery.offer.document.template.index, world.recovery.offer.n_more) == (2, 1)
        world.recovery.discard()
        assert world.recovery.offer.document.template.index == 1
        world.recovery.discard()
        assert world.recovery.offer is None
        assert not kept_files(state_dir)

    def test_two_windows_do_not_offer_the_same_sketch(
        self, world, qtbot, choice, state_dir
    ) -> None:
        crash_with(state_dir, document())
        offered(world, qtbot)
        other = FileWorld(choice, state_dir)
        offered(other, qtbot)
        assert world.recovery.offer is not None
        assert other.recovery.offer is None
        world.recovery.close()  # undecided: another window may offer it
        offered(other, qtbot)
        assert other.recovery.offer is not None
        other.close()

    def test_another_data_set_does_not_offer_it(self, state_dir) -> None:
        crash_with(state_dir, document())
        assert SketchSafe(state_dir / "sketches", "Tiny!").leftovers() == []

    def test_a_damaged_file_is_passed_over_and_stays(self, world, qtbot, state_dir) -> None:
        crash_with(state_dir, document(), document(index=1))
        kept_files(state_dir)[0].write_bytes(b"{")
        offered(world, qtbot)
        assert world.recovery.offer.n_more == 0
        assert len(kept_files(state_dir)) == 2
        assert not world.failed

    def test_folders_of_windows_that_crashed_undrawn_go_once_they_are_old(
        self, world, qtbot, state_dir
    ) -> None:
        crash_with(state_dir, document(), document(index=1))
        first, second = kept_files(state_dir)
        first.unlink()
        second.unlink()
        long_ago = time.time() - SECONDS_A_WINDOW_MAY_BE_NEW - 60
        os.utime(first.parent, (long_ago, long_ago))
        offered(world, qtbot)
        assert not first.parent.exists()
        assert second.parent.exists()

    def test_a_window_that_draws_nothing_for_days_can_still_keep_what_it_draws_then(
        self, world, qtbot, choice, state_dir
    ) -> None:
        for drawn in (nested_sketch(), Sketch()):
            with qtbot.waitSignal(world.autosave.kept, timeout=10_000):
                world.draw(drawn)
        (own,) = (state_dir / "sketches").glob("*/window-*")
        long_ago = time.time() - SECONDS_A_WINDOW_MAY_BE_NEW - 60
        os.utime(own, (long_ago, long_ago))
        assert SketchSafe(state_dir / "sketches", "Tiny").leftovers() == []
        assert own.exists()
        shutil.rmtree(state_dir / "sketches")  # whoever tidies up does not break it either
        with qtbot.waitSignal(world.autosave.kept, timeout=10_000):
            world.draw()
        assert len(kept_files(state_dir)) == 1


DRAWING = """
import os
os.environ["QT_QPA_PLATFORM"] = "offscreen"
import time
from pathlib import Path
from PyQt5.QtCore import QCoreApplication, QTimer
from file_world import FileWorld, tiny_choice
from sketch_samples import brush
from sbmir.labels import TissueClass

application = QCoreApplication([])
world = FileWorld(tiny_choice(Path(sys.argv[1])), Path(sys.argv[2]))
world.loader.load("P1")
log = open(sys.argv[3], "w")
steps = iter(range(600))

def draw():
    if world.sketching.template is not None:
        step = next(steps)
        dab = brush((2.0 + step % 28 * 2, 2.0 + step // 28 * 2), radius_mm=0.7)
        sketch = world.sketching.sketch.painted(TissueClass.ED, dab)
        world.sketching.load_sketch(sketch, "draw")
        print(time.monotonic(), file=log, flush=True)

timer = QTimer()
timer.timeout.connect(draw)
timer.start(15)
application.exec_()
"""
MOMENT_S = 2.0
"""Within which a step is kept; on a busy machine, and far below what would annoy."""


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_kill_9_while_drawing_loses_the_last_moment_at_most(
    choice, state_dir, tmp_path, seed: int
) -> None:
    log = tmp_path / "log"
    with run_python(DRAWING, tmp_path / "data", state_dir, log) as process:
        ends = time.monotonic() + 60
        while not kept_files(state_dir):
            assert process.poll() is None
            assert time.monotonic() < ends
            time.sleep(0.01)
        time.sleep(MOMENT_S + random.Random(seed).random())
        process.send_signal(signal.SIGKILL)
        killed_at = time.monotonic()
    drawn_at = [float(line) for line in log.read_text().splitlines()]
    (leftover,) = SketchSafe(state_dir / "sketches", "Tiny").leftovers()
    # The dabs lie apart, so that each is a contour of its own.
    n_kept = len(leftover.document.sketch.region(TissueClass.ED))
    n_safe = sum(moment < killed_at - MOMENT_S for moment in drawn_at)
    assert 0 < n_safe <= n_kept <= len(drawn_at) + 1  # the last line may not have been written
    leftover.release()


class TestTimes:
    def test_times_are_said_as_one_says_them(self) -> None:
        now = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
        assert when(datetime(2026, 11, 23, 9, 5, tzinfo=UTC), now) == "today at 09:05"
        assert when(datetime(2026, 11, 22, 23, 59, tzinfo=UTC), now) == "yesterday at 23:59"
        assert when(datetime(2026, 3, 1, 8, 0, tzinfo=UTC), now) == "on 1 March 2026 at 08:00"
