"""The pictures of the user guide can be made anew, by one command and without a display."""

import os
import subprocess
import sys

import pytest
from PIL import Image

from sbmir.layout import REPOSITORY_ROOT, USER_GUIDE


@pytest.mark.slow
def test_the_pictures_of_the_guide_can_be_made_anew(demo_home, tmp_path):
    script = REPOSITORY_ROOT / "docs" / "make_pictures.py"
    without_display = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY")
    }
    done = subprocess.run(
        [sys.executable, str(script), "--home", str(demo_home), "--out", str(tmp_path)],
        env=without_display,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    kept = {path.name for path in (USER_GUIDE.parent / "pictures").iterdir()}
    assert {path.name for path in tmp_path.iterdir()} == kept
    with Image.open(tmp_path / "window.png") as picture:
        assert picture.size == (1280, 800)
        shown = picture.convert("RGB").getcolors(maxcolors=1_000_000)
        assert shown is not None
        assert len(shown) > 50
