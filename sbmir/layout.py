"""Every file name under SharedResources, once."""

from __future__ import annotations

import re
from pathlib import Path

REPOSITORY_ROOT = Path(__file__).resolve().parent.parent
"""Where the project was cloned to; ``${ROOT_PATH}`` in configs unless the environment sets it."""

RESOURCES = REPOSITORY_ROOT / "SharedResources"
APP_CONFIG = REPOSITORY_ROOT / "App" / "config.yaml"
APP_MAIN = REPOSITORY_ROOT / "App" / "main.py"
USER_GUIDE = REPOSITORY_ROOT / "docs" / "guide.md"

STUDY_RESULTS = RESOURCES / "study_results"
"""Where results of reader studies go unless the settings say otherwise."""

EVALUATIONS = RESOURCES / "evaluations"
"""Where evaluations go: ``<dataset type>/<model>/``. They show patients, and are not committed."""

CATALOGUE_FILE = "catalogue.json"
"""Lies in a patient's folder of slices: which slices are abnormal, lesion sizes, geometry."""

PREPROCESSING_RECORD_FILE = "preprocessing.json"
"""Lies in a patient's folder of slices: the files and settings that they were made from."""

CODE_MANIFEST_FILE = "manifest.json"
"""Lies in a model's folder of codes: model fingerprint, settings, number of slices a patient."""

CODE_KINDS = ("nac", "aac", "eac")

MOST_USER_NAME_BYTES = 180
"""Of a reader's name in a folder's name, which has 255 bytes at most."""

SLICE_NAME = re.compile(r"_(?P<pattern>[^_]+)_(?P<index>\d{4,})\.npy$")


def slice_path(slices_dir: Path, patient: str, pattern: str, index: int) -> Path:
    """``<slices_dir>/<patient>/<patient>_<pattern>_<i:04d>.npy``."""
    return slices_dir / patient / f"{patient}_{pattern}_{index:04d}.npy"


def catalogue_path(slices_dir: Path, patient: str) -> Path:
    """The cached catalogue of a patient, beside the patient's slices."""
    return slices_dir / patient / CATALOGUE_FILE


def code_path(codes_dir: Path, patient: str, kind: str, index: int) -> Path:
    """``<codes_dir>/<patient>/<kind>_<i:04d>.npy``; ``kind`` is one of ``CODE_KINDS``."""
    return codes_dir / patient / f"{kind}_{index:04d}.npy"


def session_folder_name(user: str, years: int, started: str) -> str:
    """``<user>_yexp_<years>_<MM-DD-YYYY-HH-MM-SS>``; what a folder cannot bear becomes ``_``."""
    safe = re.sub(r"[^\w .()-]|^\.", "_", user)
    while len(safe.encode("utf-8")) > MOST_USER_NAME_BYTES:
        safe = safe[:-1]
    return f"{safe}_yexp_{years}_{started}"


def question_path(session_dir: Path, stage: int, question: int) -> Path:
    """``<session_dir>/stage_num_s/question_num_q``; both count from 1."""
    return session_dir / f"stage_num_{stage}" / f"question_num_{question}"


def feature_path(features_dir: Path, patient: str, index: int) -> Path:
    """``<features_dir>/<patient>/feature_<i:04d>.npy``: computed elsewhere, to compare with."""
    return features_dir / patient / f"feature_{index:04d}.npy"
