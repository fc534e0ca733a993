"""Turn datasets of NIfTI volumes into slices: the front door of the first step."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from sbmir import console, preprocessing
from sbmir.config.preprocessing import PreprocessingConfig
from sbmir.config.reader import read_config


def main() -> int:
    """Read the command line and preprocess; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--config", type=Path, required=True, help="settings, such as preprocess_config.json"
    )
    parser.add_argument(
        "--workers",
        type=int,
        default=os.cpu_count() or 1,
        help="processes at work (default: %(default)s)",
    )
    parser.add_argument(
        "--force", action="store_true", help="make also those slices anew that are complete"
    )
    console.add_verbose(parser)
    arguments = parser.parse_args()

    def preprocess() -> int:
        config = read_config(arguments.config, PreprocessingConfig)
        with console.progress_bar("Preprocessing", "patient") as progress:
            report = preprocessing.run(
                config, workers=arguments.workers, force=arguments.force, progress=progress
            )
        console.say(report.summary())
        return report.exit_status

    return console.run(preprocess, verbose=arguments.verbose)


if __name__ == "__main__":
    sys.exit(main())
