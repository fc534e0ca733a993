"""Sketch-based medical image retrieval: the library behind the SBMIR application.

Importing this package is instant: it loads neither torch, nor Qt, nor a database driver.
"""

__version__ = "0.1.0"
