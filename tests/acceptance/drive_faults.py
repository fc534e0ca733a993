"""Meets an empty database, lost and damaged files, a full disk, and a database that goes away."""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from pathlib import Path

import nibabel
import numpy as np
from stage import Stage, on_stage, ring

from App.model.opening import NoCodes
from App.model.viewed_patient import ViewedPatient
from App.presenter.loading import Failed
from App.widget.viewer_dock import ViewerDock
from sbmir.labels import TissueClass

ED = TissueClass.ED
HERE = (85.0, 100.0)
FULL_DISK_BYTES = 400


def main() -> None:
    """One fault after the other in the same window; after each, look at the sketch."""
    home = Path(sys.argv[1]).parent
    lost = lose_slices(home)
    with on_stage() as stage:
        build_the_database(stage)
        stage.start_sketching()
        stage.set_radius(6)
        stage.draw(ring(HERE, 12))
        stage.note(drawn=stage.area_mm2(ED))
        search_with_lost_files(stage, lost)
        view_a_damaged_volume(stage, home)
        open_wrong_sketches(stage)
        save_on_a_full_disk(stage)
        lose_the_database(stage, home)


def build_the_database(stage: Stage) -> None:
    """It is empty: the window says so, and fills it when asked."""
    stage.wait_for_template()
    stage.until(lambda: isinstance(stage.reference_state, NoCodes), "the empty database")
    page = stage.window.results.page
    stage.rest()
    stage.note(empty=page.title.text(), offers=page.action.text())
    stage.photograph("empty")
    stage.hand.click(page.action)
    stage.wait_for_database()


def lose_slices(home: Path) -> str:
    """Take the T1CE slices of a patient away."""
    patient = sorted(path.name for path in (home / "datasets" / "Demo_Slices").iterdir())[-1]
    for path in (home / "datasets" / "Demo_Slices" / patient).glob("*_t1ce_*.npy"):
        path.unlink()
    return patient


def search_with_lost_files(stage: Stage, lost: str) -> None:
    """All patients are listed; what is lost is said in the place of its picture."""
    stage.note(found=stage.searched(lambda: stage.hand.click(stage.window.query.search)), lost=lost)
    row = next(row for row in stage.window.results.rows if row.result.key.patient == lost)
    others = [r for r in stage.window.results.rows if r is not row]
    stage.note(
        problems=[picture.toolTip() for picture in row.pictures],
        others=[picture.toolTip() for other in others for picture in other.pictures],
        after_lost=stage.area_mm2(ED),
    )
    stage.window.results.found.list.ensureWidgetVisible(row)
    stage.photograph("lost")


def view_a_damaged_volume(stage: Stage, home: Path) -> None:
    """The viewer says what is wrong with a volume; others are shown, and it itself when mended."""
    row = stage.window.results.rows[0]
    stage.window.results.found.list.ensureWidgetVisible(row)
    patient = row.result.key.patient
    path = home / "datasets" / "Demo" / patient / f"{patient}_t1ce.nii.gz"
    whole = path.read_bytes()
    path.unlink()  # it is a link to a file that others use
    path.write_bytes(whole[: len(whole) // 3])
    stage.rest()
    stage.hand.double_click(row.pictures[1])
    stage.until(lambda: bool(stage.window.findChildren(ViewerDock)), "the viewer")
    dock = stage.window.findChildren(ViewerDock)[0]
    stage.until(lambda: isinstance(dock._viewer.state, Failed), "the problem")
    stage.rest()
    stage.photograph("damaged")
    stage.note(
        damaged=patient,
        damage=[dock.page.title.text(), dock.page.why.text(), dock.page.remedy.text()],
    )
    stage.hand.click(dock.modalities["T1"])
    stage.until(lambda: isinstance(dock._viewer.state, ViewedPatient), "another image")
    stage.hand.click(dock.modalities["T1CE"])
    stage.until(lambda: isinstance(dock._viewer.state, Failed), "the problem again")
    path.write_bytes(whole)
    stage.rest()
    stage.hand.click(dock.page.action)
    stage.until(lambda: isinstance(dock._viewer.state, ViewedPatient), "the mended volume")
    stage.note(mended=dock.modalities["T1CE"].isChecked())
    dock.close()
    stage.take_keyboard(stage.window)


def open_wrong_sketches(stage: Stage) -> None:
    """A label map of another size, one with foreign ids, and a file that is no sketch."""
    size, ids, broken = (stage.out / name for name in ("size.nii.gz", "ids.nii.gz", "no.json"))
    nibabel.save(nibabel.Nifti1Image(np.ones((64, 48, 1), np.uint8), np.eye(4)), size)
    foreign = np.full((240, 240, 1), 7, np.uint8)
    nibabel.save(nibabel.Nifti1Image(foreign, np.diag([-1, -1, 1, 1])), ids)
    broken.write_text(json.dumps({"format": "something else"}), encoding="utf-8")
    said = {}
    for path in (size, ids, broken):
        stage.hand.press("ctrl+o")
        stage.name_file(path)
        said[path.name] = stage.read_problem()
    stage.note(wrong=said, after_wrong=stage.area_mm2(ED))


def save_on_a_full_disk(stage: Stage) -> None:
    """No file may be longer than a few bytes, as on a disk that is full; then there is room."""
    path = stage.out / "full.json"
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FULL_DISK_BYTES, hard))
    stage.draw(ring((150.0, 100.0), 8), held=["shift"])  # which is to be kept for a crash, too
    drawn = stage.area_mm2(ED)
    stage.hand.press("ctrl+s")
    stage.name_file(path)
    stage.note(full=stage.read_problem(), left=sorted(p.name for p in stage.out.glob("*full*")))
    stage.rest(800)
    stage.note(full_said=list(stage.said), drawn_then=drawn, after_full=stage.area_mm2(ED))
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, hard))
    stage.hand.press("ctrl+s")
    stage.name_file(path)
    stage.until(path.exists, "the saved sketch")
    stage.note(saved=path.stat().st_size)


def lose_the_database(stage: Stage, home: Path) -> None:
    """The server is killed while a search is asked for, and searching goes on or says why not."""
    server = int((home / "mongodb" / "db" / "mongod.lock").read_text())
    before = stage.searched(lambda: stage.hand.click(stage.window.query.search))
    count = len(stage.outcomes)
    os.kill(server, signal.SIGKILL)
    stage.hand.click(stage.window.query.search)
    stage.until(lambda: len(stage.outcomes) > count or _failed(stage), "an answer")
    stage.note(
        gone=stage.listed(),
        before_gone=before,
        failure=stage.window.results.page.title.text() if _failed(stage) else "",
        after_gone=stage.area_mm2(ED),
    )
    stage.photograph("gone")
    stage.draw(ring((120.0, 150.0), 5), held=["shift"])
    stage.note(drawn_on=stage.area_mm2(ED))
    stage.hand.press("ctrl+z")
    stage.note(undone=stage.area_mm2(ED))


def _failed(stage: Stage) -> bool:
    page = stage.window.results.page
    return page.isVisible() and page.title.property("role") == "problem"


if __name__ == "__main__":
    main()
