"""Is killed while drawing; then opens the window again and takes the sketch back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from stage import Stage, on_stage, rectangle, ring

from sbmir.labels import TissueClass

ED, ET = TissueClass.ED, TissueClass.ET
HERE = (85.0, 100.0)
VICTIM = "victim"


def main() -> None:
    """Let another process draw until it is killed, then look for what is left."""
    out = Path(sys.argv[2])
    victim = subprocess.run([*_command(), VICTIM], check=False)
    subprocess.run(["xdotool", "mouseup", "1"], check=True)
    with on_stage() as stage:
        bar = stage.window.recovery
        stage.note(ended_by=-victim.returncode, kept=json.loads((out / "kept.json").read_text()))
        stage.until(bar.isVisible, "the offered sketch")
        stage.wait_for_template()
        stage.note(offer=bar.text.text(), before=areas(stage), picture=rectangle(bar.picture))
        stage.photograph("offered")
        stage.hand.click(bar.restore)
        stage.until(lambda: not stage.sketching.sketch.is_empty, "the sketch")
        stage.rest()
        stage.note(restored=areas(stage), bar_gone=not bar.isVisible())
        stage.note(slice=stage.sketching.slice_index)
        stage.wait_for_database()
        stage.note(found=stage.searched(lambda: stage.hand.click(stage.window.query.search)))
        stage.rest(800)  # the restored sketch is now kept by this window
        stage.close()
        stage.open()
        stage.wait_for_template()
        stage.rest(500)
        stage.note(offered_again=stage.window.recovery.isVisible())


def draw_until_killed() -> None:
    """Draw two strokes, wait as long as one might look at them, and die within the third."""
    with on_stage() as stage:
        stage.wait_for_template()
        stage.hand.wheel(stage.canvas, -1)
        stage.start_sketching()
        stage.set_radius(6)
        stage.draw(ring(HERE, 12))
        stage.choose_structure(ET)
        stage.dab(HERE)
        kept = {**areas(stage), "slice": stage.sketching.slice_index}
        (stage.out / "kept.json").write_text(json.dumps(kept), encoding="utf-8")
        stage.rest(1500)
        with stage.hand.dragging(stage.canvas, [stage.place(140, 90), stage.place(150, 110)]):
            os.kill(os.getpid(), signal.SIGKILL)


def areas(stage: Stage) -> dict[str, float]:
    """What the window says of each structure."""
    return {tissue.name: stage.area_mm2(tissue) for tissue in (ED, ET)}


def _command() -> list[str]:
    return [sys.executable, *sys.argv[:3]]


if __name__ == "__main__":
    if sys.argv[-1] == VICTIM:
        draw_until_killed()
    else:
        main()
