"""`sbmir doctor`: what works on this machine, and what to do about the rest."""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sbmir import __version__
from sbmir.config.application import AppConfig, DatasetType, read_app_config
from sbmir.errors import SbmirError

GIGABYTE = 10**9
_GEOMETRY = "App.widget.contour_module.c_geometry.geometry"
_OPEN_A_WINDOW = "from PyQt5.QtWidgets import QApplication; QApplication(['doctor'])"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: ``remedy`` is None where it works.

    ``essential`` things are needed by every user; the others by those who use that data set.
    """

    subject: str
    state: str
    remedy: str | None = None
    essential: bool = False


def run(options: argparse.Namespace) -> int:
    """Print a line for each finding; exit status 3 where something essential does not work."""
    healthy = True
    for finding in examine(options.config):
        works = finding.remedy is None
        mark = "ok  " if works else ("FAIL" if finding.essential else "-   ")
        sys.stdout.write(f"{mark} {finding.subject}: {finding.state}\n")
        if finding.remedy:
            sys.stdout.write(f"       {finding.remedy}\n")
        healthy = healthy and (works or not finding.essential)
    return 0 if healthy else 3


def examine(config_path: Path) -> Iterator[Finding]:
    """Look at the machine first, then at what the settings name."""
    python = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    yield Finding("SBMIR", f"{__version__}, {python}")
    yield _torch()
    yield _contour_geometry()
    yield _window()
    try:
        config = read_app_config(config_path)
    except SbmirError as error:
        yield Finding("Settings", f"{config_path}", str(error), essential=True)
        return
    yield Finding("Settings", f"{config_path}")
    yield _checked("MongoDB", lambda: _database(config), essential=True)
    for dataset in config.dataset_types:
        yield from _dataset(dataset)
    yield _disk(config.dataset_types[0].slices_dir)


def _checked(subject: str, check: Callable[[], str], *, essential: bool) -> Finding:
    try:
        return Finding(subject, check())
    except SbmirError as error:
        remedy = " ".join(part for part in (error.why, error.remedy) if part)
        return Finding(subject, error.what, remedy or "See --verbose.", essential)


def _torch() -> Finding:
    if importlib.util.find_spec("torch") is None:
        return Finding("PyTorch", "not installed", "Run: make setup", essential=True)
    from sbmir.encoding import describe_machine

    return Finding("PyTorch", describe_machine())


def _contour_geometry() -> Finding:
    if importlib.util.find_spec(_GEOMETRY) is None:
        return Finding("Contour geometry", "not compiled", "Run: make setup", essential=True)
    return Finding("Contour geometry", "compiled")


def _window() -> Finding:
    wayland_or_x11 = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY")
    headless = platform.system() == "Linux" and not wayland_or_x11
    environment = {**os.environ, **({"QT_QPA_PLATFORM": "offscreen"} if headless else {})}
    opened = subprocess.run(
        [sys.executable, "-c", _OPEN_A_WINDOW],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if opened.returncode != 0:
        cause = (opened.stderr.strip().splitlines() or ["no message"])[0]
        return Finding("Window", cause, "Run: scripts/system-packages", essential=True)
    if headless:
        return Finding(
            "Window", "no display", "Off screen only: sbmir demo --headless works, sbmir app not."
        )
    return Finding("Window", "can be opened")


def _database(config: AppConfig) -> str:
    from sbmir.database import connect

    with connect(config.mongodb, config.project_name) as repository:
        return repository.describe()


def _dataset(dataset: DatasetType) -> Iterator[Finding]:
    def folder(subject: str, path: Path, remedy: str) -> Finding:
        if path.is_dir() and (count := sum(entry.is_dir() for entry in path.iterdir())):
            return Finding(f"{dataset.name} {subject}", f"{count} patients")
        return Finding(f"{dataset.name} {subject}", "none", f"{remedy} ({path})")

    make_demo = "Run: make demo" if dataset.name == "Demo" else None
    yield folder("volumes", dataset.volumes_dir, make_demo or "Place the data set there")
    yield folder("slices", dataset.slices_dir, make_demo or "Run: python preprocess.py")
    for model in dataset.models:
        subject = f"{dataset.name} model {model.name}"
        if model.checkpoint.is_file():
            size_mb = model.checkpoint.stat().st_size / 10**6
            yield Finding(subject, f"{size_mb:.0f} MB")
        else:
            yield Finding(subject, "none", f"Place the checkpoint at {model.checkpoint}")
        yield folder(
            f"codes of {model.name}",
            model.codes_dir,
            make_demo or "Run: python run_training.py --mode test, in ModelTraining",
        )


def _disk(path: Path) -> Finding:
    existing = next(folder for folder in (path, *path.parents) if folder.exists())
    free_gb = shutil.disk_usage(existing).free / GIGABYTE
    remedy = None if free_gb >= 5 else "A patient takes some 172 MB of slices; make room."
    return Finding("Disk", f"{free_gb:.0f} GB free", remedy)
