"""The edge of every command line: messages to stderr, exit status, Ctrl+C, progress bars."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sbmir.errors import SbmirError

INTERRUPTED = 130
"""Exit status after Ctrl+C, as shells have it."""


def run(command: Callable[[], int | None], *, verbose: bool = False) -> int:
    """Run ``command`` and return the exit status.

    An expected failure becomes one message on stderr; a bug keeps its traceback.
    """
    set_up_logging(verbose)
    try:
        status = command() or 0
        sys.stdout.flush()
        return status
    except SbmirError as error:
        say(str(error))
        return error.exit_status
    except BrokenPipeError:
        # The reader of our output has gone (`sbmir query … | head`): nothing to tell it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        say("Stopped. Nothing is half-written; the same command goes on where it stopped.")
        return INTERRUPTED


def say(message: str) -> None:
    """Write a message for the user to stderr; stdout is kept for results."""
    sys.stderr.write(message + "\n")
    sys.stderr.flush()


def set_up_logging(verbose: bool) -> None:
    """Send what the library logs to stderr: warnings and notes, with ``verbose`` also details."""
    handler = _BesideBars()
    handler.setFormatter(logging.Formatter("%(message)s"))
    for name in ("sbmir", "ModelTraining", "App"):
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.setLevel(logging.DEBUG if verbose else logging.INFO)


class _BesideBars(logging.Handler):
    """Writes to stderr without tearing a progress bar that is being drawn there."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = self.format(record)
            if "tqdm" in sys.modules:
                sys.modules["tqdm"].tqdm.write(message, file=sys.stderr)
            else:
                say(message)
        except Exception:
            self.handleError(record)


def add_verbose(parser: argparse.ArgumentParser) -> None:
    """The option that every command has."""
    parser.add_argument("--verbose", action="store_true", help="tell more about what is done")


Progress = Callable[[int, int], None]
"""Called as ``progress(done, total)`` by everything in the library that takes long."""


@contextmanager
def progress_bar(title: str, unit: str) -> Iterator[Progress]:
    """A bar on stderr with the time left; yields the function that moves it."""
    from tqdm import tqdm

    bar: Any = tqdm(desc=title, unit=unit, file=sys.stderr, dynamic_ncols=True, total=0)

    def progress(done: int, total: int) -> None:
        bar.total = total
        bar.update(done - bar.n)

    try:
        yield progress
    finally:
        bar.close()
