"""Saves, clears and opens sketches, keeps results, and opens the window again."""

from __future__ import annotations

from stage import Stage, on_stage, ring

from sbmir.labels import TissueClass

ED, ET = TissueClass.ED, TissueClass.ET
HERE = (85.0, 100.0)


def main() -> None:
    """Draw, save in both forms, clear, open both; keep a row and a search; close and reopen."""
    with on_stage() as stage:
        stage.wait_for_database()
        draw(stage)
        stage.note(drawn=state_of(stage))
        save(stage)
        open_both(stage)
        keep_results(stage)
        close_and_reopen(stage)


def draw(stage: Stage) -> None:
    """Oedema with a hole, and a tumour in two pieces."""
    stage.hand.wheel(stage.canvas, -2)
    stage.start_sketching()
    stage.hand.click(stage.tools.rules["Add"])
    stage.set_radius(6)
    stage.draw(ring(HERE, 14))
    stage.choose_structure(ET)
    stage.set_radius(5)
    stage.dab(HERE)
    stage.dab((150.0, 90.0))


def save(stage: Stage) -> None:
    """To a new file by Ctrl+S, which then knows it; to another form by the menu."""
    contours, labels = stage.out / "sketch.json", stage.out / "labels.nii.gz"
    stage.hand.press("ctrl+s")
    stage.name_file(contours)
    stage.until(contours.exists, "the contours")
    stage.choose("File", "Save sketch as")
    stage.name_file(labels)
    stage.until(labels.exists, "the label map")
    before = labels.stat().st_mtime_ns
    stage.hand.press("ctrl+s")  # to the file of last time, unasked
    stage.until(lambda: labels.stat().st_mtime_ns != before, "the file of last time")
    stage.note(said=stage.said[-1])


def open_both(stage: Stage) -> None:
    """The contours by a dialog, the label map by the list of recent files."""
    forget(stage)
    stage.note(cleared=state_of(stage))
    stage.hand.press("ctrl+o")
    stage.name_file(stage.out / "sketch.json")
    stage.until(lambda: not stage.sketching.sketch.is_empty, "the opened contours")
    stage.note(contours=state_of(stage))
    forget(stage)
    stage.choose("File", "Open recent", "labels.nii.gz")
    stage.until(lambda: not stage.sketching.sketch.is_empty, "the opened label map")
    stage.note(labels=state_of(stage))
    stage.photograph("opened")


def forget(stage: Stage) -> None:
    """Clear the sketch, and go to another slice."""
    if stage.sketching.is_sketching:
        stage.hand.click(stage.window.query.sketch_mode)
    stage.hand.press("ctrl+shift+BackSpace", "Next")


def keep_results(stage: Stage) -> None:
    """Search; a row as a picture by a right double-click; the search by its key."""
    hand, out = stage.hand, stage.out
    stage.note(found=stage.searched(lambda: hand.click(stage.window.query.search)))
    hand.double_click(stage.row_with_lesion().pictures[0], button=3)
    stage.name_file(out / "row.png")
    stage.until((out / "row.png").exists, "the picture of the row")
    hand.press("ctrl+e")
    stage.name_file(out / "search.zip")
    stage.until((out / "search.zip").exists, "the exported search")
    stage.until(lambda: "search.zip" in stage.said[-1], "word of the export")


def close_and_reopen(stage: Stage) -> None:
    """The window is closed with a sketch; the next one can have it back."""
    before = state_of(stage)
    stage.close()
    stage.open()
    stage.wait_for_template()
    stage.rest(500)
    stage.note(closed=before, begun=state_of(stage), offered=stage.window.recovery.isVisible())
    stage.choose("File", "Reopen the last sketch")
    stage.until(lambda: not stage.sketching.sketch.is_empty, "the last sketch")
    stage.note(reopened=state_of(stage))


def state_of(stage: Stage) -> dict[str, float]:
    """Slice, areas in mm², and how many contours and holes."""
    sketch = stage.sketching.sketch
    return {
        "slice": stage.sketching.slice_index,
        "ED": stage.area_mm2(ED),
        "ET": stage.area_mm2(ET),
        "contours": sum(len(sketch.region(tissue)) for tissue in (ED, ET)),
        "holes": sum(len(c.holes) for tissue in (ED, ET) for c in sketch.region(tissue)),
    }


if __name__ == "__main__":
    main()
