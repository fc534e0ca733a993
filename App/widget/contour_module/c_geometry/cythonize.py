"""Build the contour geometry from this folder: ``python cythonize.py build_ext --inplace``.

What is compiled, and how, is said once, in the ``setup.py`` of the project.
"""

from __future__ import annotations

import os
import runpy
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[4]

if __name__ == "__main__":
    # Paths in setup.py, and the place of the built module, count from the project's root.
    os.chdir(PROJECT_ROOT)
    runpy.run_path("setup.py", run_name="__main__")
