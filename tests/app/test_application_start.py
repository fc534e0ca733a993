"""`python App/main.py` as it is typed: its exit status, its messages, and how it ends."""

import json
import os
import signal
import subprocess
import sys

import pytest
from PIL import Image
from test_main_window import needs_mongod
from window_world import World

from App.model.opening import ReferenceOpener
from sbmir.labels import TissueClass
from sbmir.layout import APP_MAIN, REPOSITORY_ROOT

pytestmark = pytest.mark.slow


@pytest.fixture
def world(tmp_path) -> World:
    world = World(tmp_path)
    world.write_config()
    return world


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch) -> None:
    """Nothing of what the user at this machine prefers."""
    for name in ("CONFIG", "STATE", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))


def start(*arguments, **changes) -> subprocess.Popen:
    """Start the application in App/, with changes to the environment; None takes a name out."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **changes}
    return subprocess.Popen(
        [sys.executable, APP_MAIN.name, *map(str, arguments)],
        cwd=APP_MAIN.parent,
        env={name: value for name, value in environment.items() if value is not None},
        stderr=subprocess.PIPE,
        text=True,
    )


def run(*arguments, **changes) -> tuple[int, str]:
    with start(*arguments, **changes) as process:
        _, message = process.communicate(timeout=120)
    return process.returncode, message


def test_absent_settings_are_said(tmp_path):
    status, message = run("--config", tmp_path / "none.yaml")
    assert (status, "none.yaml is not there" in message) == (3, True)


def test_an_unknown_setting_is_said_with_the_nearest_known_one(world):
    world.write_config(windows={"width": 900})
    status, message = run("--config", world.config_path)
    assert (status, "did you mean 'window'?" in message) == (2, True)


def test_an_unknown_data_set_is_said_with_the_nearest_known_one(world):
    status, message = run("--config", world.config_path, "--dataset", "Tini")
    assert (status, "Did you mean 'Tiny'?" in message) == (2, True)


@pytest.mark.skipif(sys.platform != "linux", reason="displays are named so on Linux only")
@pytest.mark.parametrize("display", [None, ":98765"])
def test_without_a_display_it_says_what_to_do_instead(world, display):
    arguments = ("--config", world.config_path, "--dataset", "Tiny")
    no_display = {"DISPLAY": display, "WAYLAND_DISPLAY": None, "QT_QPA_PLATFORM": None}
    status, message = run(*arguments, **no_display)
    assert status == 3
    assert "window cannot be opened" in message
    assert "sbmir query" in message
    assert "Traceback" not in message


def test_the_scripted_demo_ends_with_what_is_missing(world):
    out = world.root / "out"
    status, message = run(
        "--config", world.config_path, "--dataset", "Absent", "--demo-output", out
    )
    assert status == 3
    assert "nowhere" in message
    assert "Buy it." in message
    assert not out.exists()


@needs_mongod
def test_the_scripted_demo_draws_searches_and_writes_what_it_found(world):
    world.write_patients(3)
    world.write_checkpoint()
    fill_database(world)
    out = world.root / "out"
    status, message = run("--config", world.config_path, "--dataset", "Tiny", "--demo-output", out)
    assert status == 0, message
    with Image.open(out / "demo.png") as picture:
        assert picture.size == (1280, 800)
    text = (out / "demo.json").read_text()
    assert str(world.root) not in text
    found = json.loads(text)
    assert found["template"]["patient_id"] == "P1"
    assert [result["patient_id"] for result in found["results"]] in (["P2", "P3"], ["P3", "P2"])
    assert [result["rank"] for result in found["results"]] == [1, 2]
    assert all(
        found["sketch_pixels"][tissue.name] > 0 for tissue in (TissueClass.ED, TissueClass.ET)
    )
    assert found["timings_ms"]["total"] > 0


def fill_database(world: World) -> None:
    class Silent:
        def say(self, text): ...
        def progress(self, done, total): ...
        def check(self): ...
        def should_stop(self):
            return False

    opener = ReferenceOpener(world.config, world.choice)
    opener.fill(Silent())
    opener.close()


def test_the_request_to_end_closes_the_window_and_ends_well(world):
    process = start(
        "--config",
        world.config_path,
        "--dataset",
        "Absent",
        "--verbose",
        QT_QPA_PLATFORM="offscreen",
    )
    # It is open when it has told about the background work that it starts then.
    told = ""
    while "reference database" not in told:
        line = process.stderr.readline()
        assert line, told
        told += line
    process.send_signal(signal.SIGTERM)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == 0, told + rest
    assert "Traceback" not in told + rest


def test_the_window_opens_without_torch(world):
    code = (
        "import sys; from pathlib import Path; from App.application import *\n"
        "from sbmir.config.application import *\n"
        f"config = read_app_config(Path({str(world.config_path)!r}))\n"
        f"preferences = Preferences(Path({str(world.root / 'window.ini')!r}))\n"
        f"root = {str(world.root / 'sketches')!r}\n"
        "application = make_qt_application(config, preferences)\n"
        "dataset = config.dataset_type('Absent')\n"
        "session = Session(config, Choice(dataset, dataset.model()), preferences, Path(root))\n"
        "def check():\n"
        "    heavy = {'torch', 'pymongo', 'pytorch_lightning', 'nilearn'} & set(sys.modules)\n"
        "    application.exit(len(heavy))\n"
        "session.window.shown.connect(check)\n"
        "session.open(); sys.exit(application.exec_())"
    )
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    status = subprocess.call([sys.executable, "-c", code], cwd=REPOSITORY_ROOT, env=environment)
    assert status == 0
