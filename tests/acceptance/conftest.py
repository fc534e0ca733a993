"""A screen of their own for the windows of these tests, and synthetic patients to search."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

from sbmir.database.mongod import find_mongod
from sbmir.layout import REPOSITORY_ROOT

USUAL_SCREEN = "1280x800"
N_PATIENTS = 6  # five are needed to say what is usual among them
NEEDED = ("Xvfb", "xdotool", "import")


@dataclass(frozen=True)
class Seen:
    """What a driver has written down: its notes, and photographs of the screen."""

    folder: Path

    @property
    def notes(self) -> dict[str, Any]:
        return json.loads((self.folder / "seen.json").read_text(encoding="utf-8"))

    def photograph(self, name: str) -> np.ndarray:
        """(rows, columns, 3) int."""
        with Image.open(self.folder / f"{name}.png") as picture:
            return np.asarray(picture.convert("RGB")).astype(int)

    def part(self, name: str, rectangle: list[int]) -> np.ndarray:
        """What a photograph shows of a rectangle: left, top, width and height."""
        left, top, width, height = rectangle
        return self.photograph(name)[top : top + height, left : left + width]


class Screens:
    """X displays that nobody else uses, one for each size that is asked for."""

    def __init__(self) -> None:
        self._servers: dict[str, tuple[str, subprocess.Popen]] = {}

    def display(self, size: str) -> str:
        """The name of a display of that size, such as ``1280x800``."""
        if size not in self._servers:
            self._servers[size] = self._start(size)
        return self._servers[size][0]

    def close(self) -> None:
        for _, server in self._servers.values():
            server.terminate()
            server.wait(timeout=10)

    @staticmethod
    def _start(size: str) -> tuple[str, subprocess.Popen]:
        reader, writer = os.pipe()
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writer), "-screen", "0", f"{size}x24", "-nolisten", "tcp"],
            pass_fds=[writer],
            stderr=subprocess.DEVNULL,
        )
        os.close(writer)
        with os.fdopen(reader) as pipe:
            number = pipe.readline().strip()
        if not number:
            pytest.fail("Xvfb does not start on this machine")
        return f":{number}", server


@pytest.fixture(scope="session")
def screens() -> Iterator[Screens]:
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        # `make test` installs them, so that nothing is skipped unseen where it counts.
        leave = pytest.fail if os.environ.get("CI") else pytest.skip
        leave(f"not on this machine: {', '.join(missing)}")
    started = Screens()
    yield started
    started.close()


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory, worker_id) -> Path:
    """A home of the demo with a few synthetic patients, made once for all processes of a run."""
    shared = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        shared = shared.parent
    home = shared / "demo_home"
    with (shared / "demo_home.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "made").exists():
            command = ["demo", "--home", str(home), "--patients", str(N_PATIENTS), "--headless"]
            subprocess.run(
                [sys.executable, "-m", "sbmir.cli", *command],
                cwd=REPOSITORY_ROOT,
                check=True,
                timeout=900,
            )
            (home / "made").touch()
    return home


@pytest.fixture(scope="session")
def home_to_damage(demo_home, tmp_path_factory) -> Path:
    """The same patients, whose files may be damaged; its database is empty."""
    home = tmp_path_factory.mktemp("damaged")
    move_in(demo_home, home)
    return home


def move_in(demo_home: Path, home: Path) -> None:
    """Make another home of the same patients; who damages a file there replaces it by another."""
    for folder in ("datasets", "latent_codes"):
        shutil.copytree(demo_home / folder, home / folder, copy_function=os.link)
    config = (demo_home / "config.yaml").read_text(encoding="utf-8")
    (home / "config.yaml").write_text(config.replace(str(demo_home), str(home)), encoding="utf-8")


@pytest.fixture(scope="session")
def drive(screens, demo_home, tmp_path_factory):
    """Run a driver beside this file on a display; returns what it has seen."""

    def run(
        driver: str,
        *arguments: str,
        screen: str = USUAL_SCREEN,
        scale: int = 1,
        home: Path | None = None,
        ends_with: int = 0,
    ):
        out = tmp_path_factory.mktemp(Path(driver).stem)
        environment = {
            **os.environ,
            "DISPLAY": screens.display(screen),
            "QT_QPA_PLATFORM": "xcb",
            "QT_SCALE_FACTOR": str(scale),
            # Whatever is remembered by itself is not the user's of this machine.
            "XDG_CONFIG_HOME": str(out / "config"),
            "XDG_STATE_HOME": str(out / "state"),
        }
        done = subprocess.run(
            [
                sys.executable,
                str(Path(__file__).parent / driver),
                str((home or demo_home) / "config.yaml"),
                str(out),
                *arguments,
            ],
            cwd=REPOSITORY_ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
        assert done.returncode == ends_with, f"{done.stderr}\nThe screen at the end is in {out}"
        return Seen(out)

    return run


@pytest.fixture(scope="session")
def study_home(demo_home, tmp_path_factory) -> Path:
    """The same patients, with a database that can be taken away: its program lies in the home."""
    home = tmp_path_factory.mktemp("study")
    move_in(demo_home, home)
    (home / "mongod").symlink_to(find_mongod())
    path = home / "config.yaml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    settings["mongodb"]["binary"] = str(home / "mongod")
    path.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "sbmir.cli", "ingest", "--config", str(path)],
        cwd=REPOSITORY_ROOT,
        check=True,
        timeout=300,
    )
    return home
