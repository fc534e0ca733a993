"""`sbmir app`: open the application."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence

from sbmir.layout import APP_MAIN


def run(options: argparse.Namespace) -> int:
    """Start the window as a child process, because the library knows nothing of Qt."""
    return start_window(["--config", str(options.config)])


def start_window(arguments: Sequence[str]) -> int:
    """Run ``App/main.py`` and return its exit status."""
    return subprocess.run([sys.executable, str(APP_MAIN), *arguments], check=False).returncode
