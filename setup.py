"""The compiled part of the project; everything else about it is in pyproject.toml."""

import sys

from Cython.Build import cythonize
from setuptools import Extension, setup

C_GEOMETRY = "App/widget/contour_module/c_geometry"
COMPILE_ARGS = [] if sys.platform == "win32" else ["-O3"]


def kernel(name: str) -> Extension:
    """One compiled module of the contour geometry."""
    return Extension(
        f"{C_GEOMETRY.replace('/', '.')}.{name}",
        [f"{C_GEOMETRY}/{name}.pyx"],
        extra_compile_args=COMPILE_ARGS,
    )


setup(ext_modules=cythonize([kernel("arrangement"), kernel("geometry")], language_level=3))
