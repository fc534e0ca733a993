"""Takes other template patients, on slices with and without a lesion of their own."""

from __future__ import annotations

from stage import Stage, on_stage

from sbmir.labels import TissueClass

HERE = (85.0, 100.0)


def main() -> None:
    """Choose a patient, try a slice with a lesion, then sketch and search on one without."""
    with on_stage() as stage:
        stage.wait_for_database()
        stage.note(
            offered=[
                stage.window.query.patients.itemText(row)
                for row in range(stage.window.query.patients.count())
            ],
            first=stage.sketching.template.patient,
        )
        take_patient(stage, 2)
        try_a_lesion_slice(stage)
        keep_the_sketch(stage)
        found = stage.searched(lambda: stage.hand.click(stage.window.query.search))
        stage.note(found=found, summary=stage.window.results.summary.text())
        take_patient(stage, 1)
        stage.note(sketch_stays=stage.area_mm2(TissueClass.ED))
        stage.note(found_next=stage.searched(lambda: stage.hand.press("Return")))
        stage.note(next=stage.sketching.template.patient)


def take_patient(stage: Stage, row: int) -> None:
    """Choose from the list with mouse and keys."""
    combo = stage.window.query.patients
    stage.hand.click(combo)
    stage.hand.press("Home", *["Down"] * row, "Return")
    stage.until(
        lambda: stage.sketching.template.patient == combo.itemText(row), "the other patient"
    )
    stage.hand.click(stage.canvas)


def try_a_lesion_slice(stage: Stage) -> None:
    """Go up into the lesion: one can look, but neither sketch nor search there."""
    query, hand = stage.window.query, stage.hand
    lesion = stage.sketching.template.catalogue.abnormal_indices
    stage.note(patient=stage.sketching.template.patient, lesion=[lesion[0], lesion[-1]])
    way = lesion[len(lesion) // 2] - stage.sketching.slice_index
    hand.press(*["shift+Prior" if way > 0 else "shift+Next"] * (abs(way) // 10))
    hand.wheel(stage.canvas, way % 10 if way > 0 else -(-way % 10))
    stage.note(slice=stage.sketching.slice_index, hint=query.hint.text())
    stage.photograph("lesion")
    stage.said.clear()
    hand.click(query.sketch_mode)
    stage.note(refused_sketching=list(stage.said), sketching=stage.sketching.is_sketching)
    stage.note(button=query.sketch_mode.isChecked())
    stage.said.clear()
    hand.press("Return")
    stage.rest(500)
    stage.note(refused_search=list(stage.said), searches=len(stage.outcomes))


def keep_the_sketch(stage: Stage) -> None:
    """Go down to a slice without lesion, draw, leave and come back."""
    hand = stage.hand
    while stage.sketching.refusal():
        hand.press("shift+Next")
    stage.start_sketching()
    stage.set_radius(10)
    stage.dab(HERE)
    index = stage.sketching.slice_index
    stage.said.clear()
    hand.press("Prior")  # the slice is locked
    stage.note(locked=stage.sketching.slice_index == index, locked_said=list(stage.said))
    drawn = stage.area_mm2(TissueClass.ED)
    hand.click(stage.window.query.sketch_mode)
    hand.wheel(stage.canvas, -3)
    stage.note(moved=stage.sketching.slice_index - index)
    hand.click(stage.window.query.sketch_mode)
    stage.note(drawn=drawn, kept=stage.area_mm2(TissueClass.ED))


if __name__ == "__main__":
    main()
