"""Draws a lesion of two structures with a real mouse, searches, and writes down what is seen."""

from __future__ import annotations

from stage import on_stage, rectangle, ring

from sbmir.labels import TissueClass

MIDDLE = (85.0, 100.0)


def main() -> None:
    """Do what a user would do the first time."""
    with on_stage() as stage:
        stage.wait_for_database()
        window, hand = stage.window, stage.hand
        stage.start_sketching()
        hand.click(stage.tools.rules["Add"])
        stage.choose_structure(TissueClass.ED)
        stage.draw([*ring(MIDDLE, 16), MIDDLE])
        stage.choose_structure(TissueClass.ET)
        stage.draw([*ring(MIDDLE, 6), MIDDLE])
        stage.draw([(40, 60), (45, 60)])  # a slip
        stage.note(steps=stage.sketching.undo_stack.count())
        hand.press("ctrl+z")
        stage.note(undone=stage.sketching.undo_stack.canRedo())
        hand.click(window.query.search)
        stage.wait_for_results(1)
        stage.photograph("screen")
        rows = window.results.rows
        stage.note(
            title=window.windowTitle(),
            template=stage.outcomes[0].request.template.patient,
            pixels={tissue.name: n for tissue, n in stage.outcomes[0].sketch_pixels.items()},
            titles=[row.accessibleName() for row in rows],
            patients=stage.found(),
            distances=[row.result.distance for row in rows],
            summary=window.results.summary.text(),
            canvas=rectangle(stage.canvas),
            pictures=[rectangle(picture) for picture in rows[0].pictures],
        )
        hand.press("Return")  # the same search again, from the keyboard
        stage.wait_for_results(2)
        stage.note(again=stage.found())


if __name__ == "__main__":
    main()
