"""A fresh clone for a page's commands, with small stand-ins at the places that pages name."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from pages import Block, blocks_of
from stand_ins import (
    BRATS_2019,
    BRATS_2019_OTHERS,
    BRATS_2023,
    department_server,
    shrunk,
    small_sizes,
    write_bids,
    write_checkpoint,
    write_patient,
    write_synthetic,
)

from sbmir.database.private_server import PrivateServer
from sbmir.keys import SliceKey
from sbmir.layout import REPOSITORY_ROOT
from sbmir.search_file import FoundPatient, SearchFile, write_search

SOURCES = ("sbmir", "App", "ModelTraining", "scripts")
FILES = ("Makefile", "pyproject.toml", "setup.py", "constraints.txt", "preprocess.py")
SETTINGS = (
    "preprocess_config.json",
    "App/config.yaml",
    "ModelTraining/bottom2x2_margin-10_config.json",
    "SharedResources/saved_models/demo/anatomy_config.json",
    "SharedResources/saved_models/demo/lesions_config.json",
    "SharedResources/saved_models/demo/slices_config.json",
)
PRELOADED = Path(__file__).parent / "preloaded.py"
PERCEPTUAL = "tests/golden/official_layout.ckpt"
DATASETS = "SharedResources/datasets"
BRATS = "MICCAI_BraTS_2019_Data"
TEMPLATE, OTHERS = "BraTS19_CBICA_AYI_1", ("BraTS19_CBICA_AAB_1", "BraTS19_2013_2_1")
SERVER = "mongodb://{user}:PASSWORD@db.example.org:27017/?tls=true"
"""How pages write the address of a department's server."""

# Looks at the window and goes: without a person there is nobody to close it.
VISITOR = """
import os, signal, sys, threading, time

def look():
    while True:
        time.sleep(0.2)
        widgets = sys.modules.get("PyQt5.QtWidgets")
        if widgets and any(w.isVisible() for w in widgets.QApplication.topLevelWidgets()):
            time.sleep(0.5)
            os.kill(os.getpid(), signal.SIGTERM)

if any(word.endswith("main.py") for word in sys.orig_argv):
    threading.Thread(target=look, daemon=True).start()
"""


class Clone:
    """The project in a folder of its own, and a user who has nothing else.

    Attributes
    ----------
    root:
        The project's folder, in which each block of commands starts.
    home:
        The user's.
    """

    def __init__(self, folder: Path) -> None:
        # The path of a socket must be short.
        self._socket = Path(tempfile.mkdtemp(prefix="sbmir-"), "socket")
        self.root = folder / "sbmir"
        self.home = folder / "home"
        self._folder = folder
        self._copy_project()
        self._copy_settings()
        self._write_programs()
        self._write_patients()
        self._played: set[Path] = set()
        self._services = ExitStack()
        self._addresses: dict[str, str] = {}

    def __enter__(self) -> Clone:
        """Load libraries and start the private server, so that not every command has to."""
        data_dir = self.home / ".local" / "share" / "sbmir" / "mongodb"
        self._services.enter_context(PrivateServer(data_dir))
        preloaded = subprocess.Popen(
            [sys.executable, str(PRELOADED), str(self._socket)],
            cwd=self.root,
            env=self._environment(),
        )
        self._services.callback(preloaded.wait)
        self._services.callback(preloaded.terminate)
        while not self._socket.exists():
            assert preloaded.poll() is None, "the libraries cannot be loaded"
            time.sleep(0.1)
        return self

    def __exit__(self, *_error: object) -> None:
        self._services.close()
        shutil.rmtree(self._socket.parent)

    # --- What is there before the first command ---------------------------------------------

    def _copy_project(self) -> None:
        ignored = shutil.ignore_patterns("__pycache__", "*.c")
        for name in SOURCES:
            shutil.copytree(REPOSITORY_ROOT / name, self.root / name, ignore=ignored)
        for name in (*FILES, PERCEPTUAL):
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY_ROOT / name, self.root / name)

    def _copy_settings(self) -> None:
        """Copy the shipped settings for small networks, and write such networks."""
        for name in SETTINGS:
            settings = shrunk(_read(REPOSITORY_ROOT / name))
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            _write(self.root / name, settings)
        for dataset in _read(self.root / "App" / "config.yaml")["dataset_types"]:
            for model in dataset["models"]:
                path = model["checkpoint"].replace("${ROOT_PATH}", str(self.root))
                write_checkpoint(Path(path), small_sizes(model["networks"]))

    def _write_programs(self) -> None:
        """Let `python` and `sbmir` be those of this clone, and `make` tell what it would do.

        What it does, installing packages for minutes, `.ci/run` does anew each time.
        """
        programs = self.root / ".venv" / "bin"
        programs.mkdir(parents=True)
        python = f"{sys.executable} -I -S {PRELOADED} {self._socket}"
        # The window is looked at by a visitor, who comes in when Python starts.
        window = f'case "$1" in main.py) exec {sys.executable} "$@";; esac\n'
        for name, command in (
            ("python", f'{window}exec {python} "$@"'),
            ("sbmir", f'exec {python} -m sbmir.cli "$@"'),
            ("make", f'exec {shutil.which("make")} --dry-run "$@"'),
        ):
            (programs / name).write_text(f"#!/bin/sh\n{command}\n")
            (programs / name).chmod(0o755)
        (programs / "activate").write_text(f"PATH={programs}:$PATH\n")
        (self._folder / "visitor").mkdir()
        (self._folder / "visitor" / "sitecustomize.py").write_text(VISITOR)

    def _write_patients(self) -> None:
        datasets, clinic = self.root / DATASETS, self.home / "clinic"
        for seed, name in enumerate((TEMPLATE, *OTHERS)):
            write_patient(datasets / f"{BRATS}_Training" / "HGG" / name, seed, BRATS_2019)
        for part in ("Validation", "Testing"):
            name = f"BraTS19_{part}_1"
            write_patient(datasets / f"{BRATS}_{part}" / name, len(name), BRATS_2019_OTHERS)
        older = clinic / "MICCAI_BraTS_2018_Data_Training" / "LGG" / "Brats18_2013_0_1"
        write_patient(older, 20, BRATS_2019)
        newer = clinic / "ASNR-MICCAI-BraTS2023-GLI-Challenge-TrainingData"
        write_patient(newer / "BraTS-GLI-00000-000", 21, BRATS_2023)
        write_synthetic(clinic / "volumes", 6, seed=0)
        write_synthetic(clinic / "training_volumes", 10, seed=1)
        write_bids(self.home / "bids")

    # --- What a page asks for ---------------------------------------------------------------

    def play(self, page: Path) -> None:
        """Do all that a page says, once."""
        if page in self._played:
            return
        self._played.add(page)
        for block in blocks_of(page):
            if block.language == "sh":
                self.run(block.text, block.place)
            elif block.info:
                self._write_down(block)

    def run(self, text: str, place: str) -> str:
        """Type commands in the project's folder; returns what they print.

        Raises
        ------
        AssertionError
            Where one of them fails.
        """
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self._at_the_server(text)],
            cwd=self.root,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=1800,
            check=False,
        )
        assert done.returncode == 0, (
            f"{place}: exit status {done.returncode}\n{text}\n{done.stderr}"
        )
        assert "Traceback" not in done.stderr, f"{place}\n{done.stderr}"
        return done.stdout

    def _at_the_server(self, text: str) -> str:
        """The commands with the stand-in's address in place of the department's server."""
        if "db.example.org" not in text:
            return text
        if not self._addresses:
            server = department_server(self._folder / "server", "clinic")
            self._addresses = self._services.enter_context(server)
        for user, address in self._addresses.items():
            text = text.replace(SERVER.format(user=user), address)
        assert "db.example.org" not in text, "a user who has no stand-in"
        return text

    def _environment(self) -> dict[str, str]:
        kept = ("LANG", "LD_LIBRARY_PATH", "TMPDIR", "XDG_RUNTIME_DIR")
        # Fonts are looked for once on each machine, for many seconds.
        cache = os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))
        return {
            **{name: os.environ[name] for name in kept if name in os.environ},
            "HOME": str(self.home),
            "PATH": f"{self.root / '.venv' / 'bin'}:{os.environ['PATH']}",
            "PYTHONPATH": f"{self._folder / 'visitor'}:{self.root}",
            "XDG_CACHE_HOME": cache,
            "QT_QPA_PLATFORM": "offscreen",
            "OMP_NUM_THREADS": "1",
        }

    def path(self, name: str) -> Path:
        """Where a path of a page lies."""
        return self.home / name[2:] if name.startswith("~/") else self.root / name

    def _write_down(self, block: Block) -> None:
        """Write a block to its file, or change or extend the file as the page asks for."""
        task, _, name = block.info.rpartition(" ")
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if block.language == "python":
            path.write_text(block.text, encoding="utf-8")
            return
        content = shrunk(yaml.safe_load(block.text))  # JSON is YAML
        if task == "changes to":
            content = changed(_read(path), content)
        elif task == "another model in":
            settings = _read(path)
            models = settings["dataset_types"][0]["models"]
            models.append(changed(models[0], content))
            content = settings
        else:
            assert not task, f"{block.place}: what is {block.info!r}?"
        _write(path, content)

    def export_a_search(self) -> None:
        """Write the file of a search, as the window exports it, beside the settings."""
        example = SliceKey(f"{BRATS}_Training", OTHERS[0], 70)
        command = f"sbmir query --json --example {example.patient}:{example.index}"
        answer = json.loads(self.run(command, "an exported search"))
        search = SearchFile(
            dataset="MICCAI_BraTS",
            model=answer["query"]["model"],
            metric="published",
            template=None,
            example=example,
            sketch=None,
            weight=answer["query"]["weight"],
            mirror=False,
            include_template_patient=False,
            filters={},
            top=10,
            model_fingerprint="of another day",
            codes_fingerprint="of another day",
            n_patients=3,
            results=tuple(
                FoundPatient(
                    one["rank"],
                    SliceKey(one["dataset"], one["patient_id"], one["slice_num"]),
                    one["distance"],
                )
                for one in answer["results"]
            ),
            searched_at=datetime(2026, 11, 24, tzinfo=UTC),
        )
        write_search(self.root / "search.json", search)


def changed(settings: Any, changes: Any) -> Any:
    """Lay changes over settings, key by key.

    Of a list of entries those stay that are told of, counted from the last: what a page says of
    the others is that they are to be deleted.
    """
    if isinstance(settings, dict) and isinstance(changes, dict):
        merged = {key: changed(settings.get(key), value) for key, value in changes.items()}
        return {**settings, **merged}
    entries = isinstance(changes, list) and all(isinstance(one, dict) for one in changes)
    if isinstance(settings, list) and entries and "pattern" not in changes[0]:
        return [changed(*pair) for pair in zip(settings[-len(changes) :], changes, strict=True)]
    return changes


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _write(path: Path, content: Any) -> None:
    # What is valid JSON is valid YAML.
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
