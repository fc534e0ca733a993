"""The published command builds the compiled part from its own folder."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
C_GEOMETRY = Path("App/widget/contour_module/c_geometry")


@pytest.mark.slow
def test_the_published_command_builds_every_kernel_in_its_folder(tmp_path):
    for name in ("setup.py", "pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, tmp_path)
    for package in ("App", "sbmir", "ModelTraining"):
        ignored = shutil.ignore_patterns("*.so", "*.pyd", "*.c", "__pycache__")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignored)

    subprocess.run(
        [sys.executable, "cythonize.py", "build_ext", "--inplace"],
        cwd=tmp_path / C_GEOMETRY,
        check=True,
        capture_output=True,
        text=True,
    )

    for kernel in (tmp_path / C_GEOMETRY).glob("*.pyx"):
        built = f"{C_GEOMETRY.as_posix().replace('/', '.')}.{kernel.stem}"
        where = subprocess.run(
            [sys.executable, "-c", f"import {built} as kernel; print(kernel.__file__)"],
            cwd=tmp_path,
            check=True,
            capture_output=True,
            text=True,
        )
        assert Path(where.stdout.strip()).parent == tmp_path / C_GEOMETRY
