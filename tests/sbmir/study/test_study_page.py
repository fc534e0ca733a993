"""What `docs/study.md` says works as it stands there: its files, its commands, its tables."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from study_samples import make_record, write_session

from sbmir.config.study import StageSettings, StudySettings, read_study
from sbmir.embedding import embed_patients
from sbmir.encoding import CodeEncoder
from sbmir.files import save_array
from sbmir.layout import APP_CONFIG, REPOSITORY_ROOT, slice_path
from sbmir.networks.model import build_networks
from sbmir.networks.sizes import NetworkSizes

PAGE = REPOSITORY_ROOT / "docs" / "study.md"
TEXT = PAGE.read_text(encoding="utf-8")
NETWORKS = {"emb_dim": 8, "enc_filters": [8] * 4, "dec_filters": [8] * 4}
NETWORKS |= {"latent_size": 2, "label_encoding": "ids"}
SIZES = NetworkSizes(emb_dim=8, enc_filters=(8,) * 4, dec_filters=(8,) * 4)
N_PATIENTS, N_SLICES, LESION = 6, 80, range(58, 76)


def blocks() -> list[tuple[str, str, str]]:
    """Language, task and text of the page's fenced blocks."""
    return re.findall(r"^```(\w+) ?([^\n]*)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """A user who has a few small patients in ``~/clinic``, and nothing else."""
    home = tmp_path_factory.mktemp("user")
    clinic = home / "clinic"
    random = np.random.default_rng(0)
    size = SIZES.image_size
    for number in range(1, N_PATIENTS + 1):
        for index in range(N_SLICES):
            labels = np.zeros((size, size), np.uint8)
            if index in LESION:
                labels[4 : 6 + number, 5:9] = 2
            for pattern in ("t1", "t1ce", "flair"):
                picture = random.standard_normal((size, size)).astype(np.float32)
                save(clinic, number, pattern, index, picture)
            save(clinic, number, "seg", index, labels)
    torch.manual_seed(0)
    torch.save({"state_dict": build_networks(SIZES).state_dict()}, clinic / "own.ckpt")
    encoder = CodeEncoder.from_checkpoint(clinic / "own.ckpt", SIZES)
    embed_patients(clinic / "slices", clinic / "codes", encoder)
    write_settings(clinic / "config.yaml")
    type_command(home, "sbmir ingest --config ~/clinic/config.yaml")
    return home


def save(clinic: Path, number: int, pattern: str, index: int, array: np.ndarray) -> None:
    path = slice_path(clinic / "slices", f"BraTS19_SYN_{number:04d}_1", pattern, index)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_array(path, array)


def write_settings(path: Path) -> None:
    settings = yaml.safe_load(APP_CONFIG.read_text(encoding="utf-8"))
    own = settings["dataset_types"][1] | {"name": "Clinic", "data_set": "Clinic"}
    own |= {"volumes_dir": "volumes", "slices_dir": "slices"}
    own["models"][0] |= {"checkpoint": "own.ckpt", "codes_dir": "codes"}
    own["models"][0]["networks"] |= NETWORKS
    settings["dataset_types"] = [own]
    settings["mongodb"]["data_dir"] = "mongodb"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")


def type_command(home: Path, text: str) -> str:
    """Type commands as they stand; returns what they print."""
    programs = home / "bin"
    programs.mkdir(exist_ok=True)
    sbmir = programs / "sbmir"
    sbmir.write_text(f'#!/bin/sh\nexec {sys.executable} -m sbmir.cli "$@"\n')
    sbmir.chmod(0o755)
    environment = {**os.environ, "HOME": str(home), "PATH": f"{programs}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-euc", text],
        cwd=REPOSITORY_ROOT,
        env={name: value for name, value in environment.items() if name != "SBMIR_MONGODB_URI"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def merged(settings, changes):
    """Lay what a page changes over settings; of data set types, there is one."""
    if isinstance(changes, dict):
        return {**settings, **{key: merged(settings.get(key), changes[key]) for key in changes}}
    if isinstance(changes, list):
        return [merged(*pair) for pair in zip(settings, changes, strict=True)]
    return changes


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_page_can_be_followed_from_its_questions_to_the_report(home):
    results = home / "clinic" / "study_results"
    told = []
    for language, task, text in blocks():
        if language == "sh":
            if "study report" in text:  # by then, readers have taken part
                write_session(results, [make_record(), make_record(1, 2)], dataset_type="Clinic")
            told.append(type_command(home, text))
            continue
        path = home / task.split("~/")[1]
        content = yaml.safe_load(text)
        if task.startswith("changes to "):
            content = merged(yaml.safe_load(path.read_text(encoding="utf-8")), content)
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
    check, report = told
    assert check.startswith("Clinic: no mistake")
    written = {Path(line).name for line in report.splitlines()}
    assert {"report.html", "figures.csv", "answers.csv"} <= written
    assert read_study(home / "clinic" / "study.yaml").n_questions == 6


def test_the_tables_name_the_keys_and_files_that_there_are(tmp_path):
    session = write_session(tmp_path, [make_record()])
    (folder,) = session.glob("stage_num_1/question_num_1")
    for path in folder.iterdir():
        assert path.name in TEXT or f"`{path.stem}.npy`, `.png`" in TEXT, path.name
    for key in make_record().as_json():
        assert f"`{key}`" in TEXT, key
    for key in make_record().as_json()["result_summary"][0]:
        assert f"`{key}`" in TEXT or key == "eval_point_2", key
    for settings in (StageSettings, StudySettings):
        for key in settings.__dataclass_fields__:
            assert f"`{key}`" in TEXT or f"{key}:" in TEXT, key
