"""Make the pictures of the user guide and of the study's page from the running application.

Run in the project's root: ``python docs/make_pictures.py``. It needs no display. The patients are
synthetic and the same each time, and so are the pictures as long as window and fonts are.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).resolve().parents[1]
PICTURES = Path(__file__).resolve().parent / "pictures"
PATIENTS = 8
SIZE = (1280, 800)
"""Of the window, in pixels."""

T = TypeVar("T")


def main() -> int:
    """Make a database of synthetic patients where none is given, then the pictures."""
    options = _parser().parse_args()
    # Times in pictures are of this zone, whoever makes them.
    os.environ["TZ"] = "UTC"
    time.tzset()
    sys.path.insert(0, str(ROOT))
    with ExitStack() as stack:
        home = options.home
        if home is None:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            _make_home(home)
        options.out.mkdir(parents=True, exist_ok=True)
        _play(home / "config.yaml", options.out)
    return 0


def _make_home(home: Path) -> None:
    arguments = ["demo", "--home", str(home), "--patients", str(PATIENTS), "--headless"]
    command = [sys.executable, "-m", "sbmir.cli", *arguments]
    subprocess.run(command, cwd=ROOT, check=True)


def _play(config_path: Path, out_dir: Path) -> None:
    from picture_scenes import SCENES, reader_study
    from picture_stage import on_stage, on_study_stage

    _take(on_stage(config_path, out_dir, SIZE), SCENES)
    _take(on_study_stage(config_path, out_dir, SIZE), [reader_study])


def _take(opening: AbstractContextManager[T], scenes: Iterable[Callable[[T], None]]) -> None:
    from picture_stage import let_go

    from App.session import running_application

    with opening as stage:
        application = running_application()
        for scene in scenes:
            scene(stage)
    del stage
    let_go(application)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make_pictures.py", description="Make the pictures of the user guide."
    )
    parser.add_argument(
        "--home",
        type=Path,
        metavar="DIR",
        help=f"a folder that `sbmir demo --patients {PATIENTS} --home DIR` has filled; without it, "
        "one is made for the occasion",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", default=PICTURES)
    return parser


if __name__ == "__main__":
    sys.exit(main())
