"""The `sbmir` command: reads the arguments, then hands over to the command's own module.

The modules of the commands are imported when they run, so that `sbmir --help` is instant.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from sbmir import __version__, console
from sbmir.layout import APP_CONFIG


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status (0 done, 1 in part, 2 usage, 3 not there)."""
    options = _parser().parse_args(arguments)
    module = importlib.import_module(f"sbmir.commands.{options.command}")
    return console.run(lambda: module.run(options), verbose=options.verbose)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sbmir", description="Find patients by drawing the lesion on a slice of normal brain."
    )
    parser.add_argument("--version", action="version", version=f"sbmir {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_doctor(commands)
    _add_phantom(commands)
    _add_demo(commands)
    _add_app(commands)
    _add_ingest(commands)
    _add_query(commands)
    _add_evaluate(commands)
    _add_study(commands)
    return parser


Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def _add(commands: Commands, name: str, summary: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=summary, description=f"{summary[0].upper()}{summary[1:]}."
    )
    console.add_verbose(parser)
    return parser


def _add_doctor(commands: Commands) -> None:
    parser = _add(commands, "doctor", "say what works on this machine and how to mend the rest")
    _add_config(parser)


def _add_phantom(commands: Commands) -> None:
    parser = _add(commands, "phantom", "make synthetic patients in the layout of BraTS 2019")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--patients", type=_positive, required=True, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="S")
    parser.add_argument(
        "--workers", type=_positive, metavar="W", help="processes; all cores by default"
    )


def _add_demo(commands: Commands) -> None:
    parser = _add(commands, "demo", "make synthetic patients and search them in the application")
    parser.add_argument(
        "--home", type=Path, metavar="DIR", help="where the demo's data go (SharedResources)"
    )
    parser.add_argument("--patients", type=_positive, default=24, metavar="N")
    parser.add_argument(
        "--headless",
        action="store_true",
        help="sketch and search off screen, write demo.png and demo.json; so too with no display",
    )


def _add_app(commands: Commands) -> None:
    _add_config(_add(commands, "app", "open the application"))


def _add_ingest(commands: Commands) -> None:
    parser = _add(commands, "ingest", "put slices and codes into the reference database")
    _add_model_choice(parser)
    parser.add_argument("--patients", type=_names, metavar="ID,…", help="only these patients")
    parser.add_argument("--remove", type=_names, metavar="ID,…", help="take these patients out")


def _add_query(commands: Commands) -> None:
    parser = _add(commands, "query", "find the patients that are most similar to a sketch")
    _add_model_choice(parser)
    parser.add_argument(
        "--template", metavar="PATIENT:SLICE", help="the slice of normal brain that is sketched on"
    )
    query = parser.add_mutually_exclusive_group(required=True)
    query.add_argument(
        "--sketch", type=Path, metavar="FILE", help="class ids 0-3 as .npy, .png or 2-D .nii.gz"
    )
    query.add_argument(
        "--example", metavar="PATIENT:SLICE", help="a reference slice instead of a sketch"
    )
    query.add_argument(
        "--repeat", type=Path, metavar="FILE", help="a search that was exported: its search.json"
    )
    parser.add_argument(
        "--weight", type=_fraction, metavar="W", help="0 anatomy only … 1 lesion only"
    )
    parser.add_argument(
        "--top", type=_positive, metavar="K", help="patients to find; 10 by default"
    )
    parser.add_argument("--mirror", action="store_true", help="flip the query left to right")
    parser.add_argument(
        "--side", choices=("left", "right", "both"), help="only slices with the lesion on that side"
    )
    parser.add_argument(
        "--enhancing",
        action=argparse.BooleanOptionalAction,
        help="only slices that show enhancing tumour, or only patients without any",
    )
    parser.add_argument(
        "--lesion-cm2",
        type=_limits,
        metavar="MIN:MAX",
        help="only slices with a lesion of that area; either end may be left out",
    )
    parser.add_argument("--include-template-patient", action="store_true")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _add_evaluate(commands: Commands) -> None:
    parser = _add(commands, "evaluate", "tell whether sketches find the right patients")
    _add_model_choice(parser)
    parser.add_argument("--out", type=Path, metavar="DIR", help="where the report goes")
    parser.add_argument(
        "--patients", type=_names, metavar="ID,…", help="look for these; all by default"
    )
    parser.add_argument("--seed", type=_whole, default=0, metavar="S")
    parser.add_argument(
        "--sketches", type=_positive, default=1, metavar="K", help="of each patient; 1 by default"
    )
    parser.add_argument(
        "--metric",
        action="append",
        choices=("published", "balanced"),
        help="compare with this metric; may be repeated",
    )
    parser.add_argument(
        "--weight",
        action="append",
        type=_fraction,
        metavar="W",
        help="compare with this weight; may be repeated",
    )


def _add_study(commands: Commands) -> None:
    study = _add(commands, "study", "check a reader study, or report its results")
    parts = study.add_subparsers(dest="part", required=True, metavar="PART")
    check = _add(parts, "check", "find every mistake of the studies that the settings name")
    check.add_argument("config_file", type=Path, metavar="CONFIG", help="settings")
    check.add_argument("--dataset", metavar="NAME", help="only the study of this dataset type")
    check.add_argument("--model", metavar="NAME", help="its model; the first by default")
    report = _add(parts, "report", "make tables, plots and a page of the results")
    report.add_argument("--results", type=Path, required=True, metavar="DIR")
    report.add_argument(
        "--out", type=Path, metavar="DIR", help="where to write it; study_report by default"
    )


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, default=APP_CONFIG, metavar="CFG")


def _add_model_choice(parser: argparse.ArgumentParser) -> None:
    _add_config(parser)
    parser.add_argument("--dataset", metavar="NAME", help="dataset type; the first by default")
    parser.add_argument("--model", metavar="NAME", help="its model; the first by default")


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def _whole(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return value


def _fraction(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError("must be between 0 and 1")
    return value


def _limits(text: str) -> tuple[float | None, float | None]:
    low, colon, high = text.partition(":")
    try:
        limits = float(low) if low.strip() else None, float(high) if high.strip() else None
    except ValueError:
        colon = ""
    if not colon:
        raise argparse.ArgumentTypeError("must be MIN:MAX, such as 2:20, 2: or :20")
    return limits


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


if __name__ == "__main__":
    sys.exit(main())
