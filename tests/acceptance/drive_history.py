"""Does all that the history knows, then undoes and redoes it from the keyboard."""

from __future__ import annotations

from typing import Any

from stage import Stage, on_stage

from sbmir.labels import TissueClass

ED, ET = TissueClass.ED, TissueClass.ET
HERE = (80.0, 100.0)
AWAY = (150.0, 90.0)


def main() -> None:
    """Go through slices, draw, remove, clear and open; then all the way back and forth."""
    with on_stage() as stage:
        stage.wait_for_template()
        states = [state_of(stage)]
        work = make_steps(stage)
        for name in work:
            work[name]()
            states.append(state_of(stage))
        count = stage.sketching.undo_stack.count()
        stage.note(names=list(work), states=states, steps=count)
        stage.photograph("done")
        stage.take_keyboard(stage.window)
        back, forth = [], []
        for _ in range(count):
            stage.hand.press("ctrl+z")
            back.append(state_of(stage))
        stage.hand.press("ctrl+z")  # nothing is left to undo
        stage.note(at_the_start=state_of(stage))
        for _ in range(count):
            stage.hand.press("ctrl+shift+z")
            forth.append(state_of(stage))
        stage.note(back=back, forth=forth)
        stage.hand.press("ctrl+z", "ctrl+z", "ctrl+y")
        stage.note(other_key=state_of(stage))


def make_steps(stage: Stage) -> dict[str, Any]:
    """What is one step each, by a name."""
    saved = stage.out / "sketch.json"

    def browse() -> None:
        stage.hand.wheel(stage.canvas, -1)
        stage.hand.press("Next")  # the page-down key

    def begin() -> None:
        stage.start_sketching()
        stage.set_radius(8)
        stage.dab(HERE)

    def draw_again() -> None:
        stage.hand.press("a")
        stage.draw([AWAY, (AWAY[0] + 10, AWAY[1])])

    def draw_inside() -> None:
        stage.choose_structure(ET)
        stage.set_radius(4)
        stage.dab(HERE)

    def remove() -> None:
        # Between the steps: what is saved here is opened later.
        stage.hand.press("ctrl+s")
        stage.name_file(saved)
        stage.until(saved.exists, "the saved sketch")
        stage.choose_structure(ED)
        stage.hand.press("d")

    def erase() -> None:
        stage.set_radius(3)
        stage.draw([(60, 100), (100, 100)], held=["ctrl"])

    def leave() -> None:
        stage.hand.click(stage.window.query.sketch_mode)
        stage.hand.wheel(stage.canvas, -1)

    def open_saved() -> None:
        stage.take_keyboard(stage.window)
        stage.hand.press("ctrl+o")
        stage.name_file(saved)
        stage.until(lambda: not stage.sketching.sketch.is_empty, "the opened sketch")

    return {
        "go two slices down": browse,
        "draw": begin,
        "draw elsewhere": draw_again,
        "draw inside": draw_inside,
        "remove a contour": remove,
        "erase": erase,
        "clear the structure": lambda: stage.hand.press("ctrl+BackSpace"),
        "clear the sketch": lambda: stage.hand.press("ctrl+shift+BackSpace"),
        "a slice down again": leave,
        "open a file": open_saved,
    }


def state_of(stage: Stage) -> list[float]:
    """What is seen: slice, areas and numbers of contours."""
    areas = [stage.area_mm2(tissue) for tissue in (ED, ET)]
    counts = [stage.n_contours(tissue) for tissue in (ED, ET)]
    return [stage.sketching.slice_index, *areas, *counts]


if __name__ == "__main__":
    main()
