"""The application: draw a lesion, find similar patients. `python main.py --help` tells more."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from App.application import run
from App.model.choice import Choice
from sbmir import console
from sbmir.config.application import read_app_config
from sbmir.layout import APP_CONFIG


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the application and return its exit status."""
    options = _parser().parse_args(arguments)
    return console.run(lambda: _start(options), verbose=options.verbose)


def _start(options: argparse.Namespace) -> int:
    config = read_app_config(options.config)
    choice = None
    if options.dataset or options.model or options.demo_output:
        dataset = config.dataset_type(options.dataset)
        choice = Choice(dataset, dataset.model(options.model))
    if options.demo_output and choice:
        from App.scripted import run_scripted

        return run_scripted(config, choice, options.demo_output)
    return run(config, choice)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="main.py", description="Draw a lesion on a slice of normal brain and find patients."
    )
    parser.add_argument("--config", type=Path, default=APP_CONFIG, metavar="CFG")
    parser.add_argument(
        "--dataset", metavar="NAME", help="dataset type; with it, nothing is asked at the start"
    )
    parser.add_argument("--model", metavar="NAME", help="its model; the first by default")
    parser.add_argument(
        "--demo-output",
        type=Path,
        metavar="DIR",
        help="sketch and search by themselves off screen; write demo.png and demo.json into DIR",
    )
    console.add_verbose(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
