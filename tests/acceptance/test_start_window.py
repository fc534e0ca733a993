"""A user starts the application as it is typed: asked first, then at work, then gone again."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PIL import Image

from sbmir.layout import APP_MAIN

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

ASKING, WORKING = "^SBMIR$", "^Model: Demo - interactive$"
SECONDS = 60


class Desk:
    """A display with the application on it, seen from outside."""

    def __init__(self, display: str, process: subprocess.Popen) -> None:
        self._display = display
        self.process = process

    def windows(self, title: str) -> list[str]:
        found = self._run("xdotool", "search", "--onlyvisible", "--name", title, check=False)
        return found.split()

    def wait_for(self, condition: Callable[[], object], what: str) -> None:
        end = time.monotonic() + SECONDS
        while not condition():
            assert self.process.poll() is None, f"It has ended before: {what}"
            assert time.monotonic() < end, what
            time.sleep(0.1)

    def press(self, title: str, key: str) -> None:
        """Press a key in a window, to which the keyboard is given."""
        self.wait_for(lambda: self.windows(title), title)
        self._run("xdotool", "windowfocus", "--sync", self.windows(title)[-1])
        self._run("xdotool", "key", key)

    def screen(self, path) -> np.ndarray:
        self._run("import", "-window", "root", str(path))
        with Image.open(path) as picture:
            return np.asarray(picture.convert("L"))

    def _run(self, *command: str, check: bool = True) -> str:
        environment = {**os.environ, "DISPLAY": self._display}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=check)
        return done.stdout


@pytest.fixture
def desk(screens, demo_home, tmp_path) -> Iterator[Desk]:
    display = screens.display("1280x800")
    process = subprocess.Popen(
        [sys.executable, APP_MAIN.name, "--config", str(demo_home / "config.yaml")],
        cwd=APP_MAIN.parent,
        env={
            **os.environ,
            "DISPLAY": display,
            "QT_QPA_PLATFORM": "xcb",
            "XDG_CONFIG_HOME": str(tmp_path / "config"),
            "XDG_STATE_HOME": str(tmp_path / "state"),
        },
    )
    yield Desk(display, process)
    process.kill()
    process.wait(timeout=10)


def test_enter_takes_what_is_offered_and_the_window_shows_a_slice_until_it_is_quit(desk, tmp_path):
    desk.press(ASKING, "Return")
    desk.wait_for(lambda: desk.windows(WORKING), "the window")

    def is_slice_shown() -> bool:
        left_half = desk.screen(tmp_path / "screen.png")[:, :620]
        return (
            np.count_nonzero(left_half < 10) > 100_000
            and np.count_nonzero((left_half > 100) & (left_half < 220)) > 10_000
        )

    desk.wait_for(is_slice_shown, "a slice")
    desk.press(WORKING, "ctrl+q")
    assert desk.process.wait(timeout=SECONDS) == 0


def test_who_closes_the_question_quits(desk):
    desk.press(ASKING, "Escape")
    assert desk.process.wait(timeout=SECONDS) == 0
    assert not desk.windows(WORKING)
