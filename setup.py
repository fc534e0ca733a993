"""The compiled part of the project; everything else about it is in pyproject.toml."""

import sys

from Cython.Build import cythonize
from setuptools import Extension, setup

GEOMETRY = Extension(
    "App.widget.contour_module.c_geometry.geometry",
    ["App/widget/contour_module/c_geometry/geometry.pyx"],
    extra_compile_args=[] if sys.platform == "win32" else ["-O3"],
)

setup(ext_modules=cythonize([GEOMETRY], language_level=3))
