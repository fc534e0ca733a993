"""A screen of their own for the windows of these tests, and synthetic patients to search."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sbmir.layout import REPOSITORY_ROOT

SCREEN = "1280x800x24"


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """The name of an X display that nobody else uses."""
    missing = [name for name in ("Xvfb", "xdotool", "import") if shutil.which(name) is None]
    if missing:
        # `make test` installs them, so that nothing is skipped unseen where it counts.
        leave = pytest.fail if os.environ.get("CI") else pytest.skip
        leave(f"not on this machine: {', '.join(missing)}")
    reader, writer = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-screen", "0", SCREEN, "-nolisten", "tcp"],
        pass_fds=[writer],
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    with os.fdopen(reader) as pipe:
        number = pipe.readline().strip()
    if not number:
        pytest.skip("Xvfb does not start on this machine")
    yield f":{number}"
    server.terminate()
    server.wait(timeout=10)


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory) -> Path:
    """A home of the demo with a few synthetic patients in its database."""
    home = tmp_path_factory.mktemp("demo")
    command = ["-m", "sbmir.cli", "demo", "--home", str(home), "--patients", "4", "--headless"]
    subprocess.run([sys.executable, *command], cwd=REPOSITORY_ROOT, check=True, timeout=900)
    return home


@pytest.fixture(scope="session")
def drive(display, tmp_path_factory):
    """Run a driver beside this file on the display; returns its folder of output."""

    def run(driver: str, config: Path) -> Path:
        out = tmp_path_factory.mktemp("seen")
        environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        script = Path(__file__).parent / driver
        done = subprocess.run(
            [sys.executable, str(script), str(config), str(out)],
            cwd=REPOSITORY_ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return out

    return run
