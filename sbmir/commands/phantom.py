"""`sbmir phantom`: make synthetic patients."""

from __future__ import annotations

import argparse
import os

from sbmir import console
from sbmir.phantom.dataset import write_patients


def run(options: argparse.Namespace) -> int:
    """Write the patients; those that are there already are kept."""
    with console.progress_bar("Synthetic patients", "patient") as progress:
        names = write_patients(
            options.out,
            options.patients,
            options.seed,
            workers=options.workers or os.cpu_count() or 1,
            progress=progress,
        )
    console.say(f"{len(names)} patients are in {options.out}.")
    return 0
