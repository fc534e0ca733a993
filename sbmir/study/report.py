"""The report of a reader study: tables, plots, and a page that opens anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from sbmir.errors import DataError, NotFoundError, SbmirError
from sbmir.files import atomic_write
from sbmir.study.figures import groups_of
from sbmir.study.files import StoredAnswer, read_session
from sbmir.study.page import page_of
from sbmir.study.plots import plot_groups
from sbmir.study.records import SessionRecord
from sbmir.study.tables import answers_csv, figures_csv

ANSWERS_FILE, FIGURES_FILE, PAGE_FILE = "answers.csv", "figures.csv", "report.html"
PLOTS_DIR = "plots"
PLOT_KINDS = {"stage": "By stage", "experience": "By years of experience", "reader": "By reader"}


def write_report(
    out_dir: Path, answers: Sequence[StoredAnswer], failed: Mapping[Path, SbmirError]
) -> tuple[list[Path], list[str]]:
    """Write ``answers.csv``, ``figures.csv``, ``plots/*.png`` and ``report.html``.

    Parameters
    ----------
    failed:
        Answers that could not be read; the page tells how many.

    Returns
    -------
    The files, and what whoever reads the figures should know.

    Raises
    ------
    DataError
        Where there is no answer, or they are of several data set types.
    NotFoundError
        Where the folder cannot be written.
    """
    _check_one_study(answers)
    groups = groups_of([answer.record for answer in answers])
    plots = {
        kind: plot_groups([group for group in groups if group.kind == kind]) for kind in PLOT_KINDS
    }
    notes = list(_notes(answers, len(failed)))
    titled = {PLOT_KINDS[kind]: plot for kind, plot in plots.items()}
    files = {
        ANSWERS_FILE: answers_csv(answers).encode(),
        FIGURES_FILE: figures_csv(groups).encode(),
        PAGE_FILE: page_of(answers, groups, titled, notes).encode(),
        **{f"{PLOTS_DIR}/by_{kind}.png": plot for kind, plot in plots.items()},
    }
    _write(out_dir, files)
    return [out_dir / name for name in files], notes


def _check_one_study(answers: Sequence[StoredAnswer]) -> None:
    if not answers:
        raise DataError(
            "There is no answered question to report.",
            remedy="--results names the folder of paths.save_result_path, or one in it.",
        )
    names = sorted({answer.session_dir.parent.name for answer in answers})
    if len(names) > 1:
        raise DataError(
            f"The results are of several studies: {', '.join(names)}.",
            why="Their stages and questions have nothing in common.",
            remedy=f"Report one after the other: --results …/{names[0]}",
        )


def _notes(answers: Sequence[StoredAnswer], n_failed: int) -> Iterator[str]:
    """What makes figures other than they seem."""
    if n_failed:
        answers_are = "answer is" if n_failed == 1 else "answers are"
        yield f"{n_failed} damaged {answers_are} left out."
    sessions = _sessions(answers)
    asked = {session.study_fingerprint for session in sessions.values()}
    if len(asked) > 1:
        yield (
            f"The questions were changed between sessions: there are {len(asked)} sets of them. "
            "A stage or question of one number may be another in another session."
        )
    for name, used in (
        ("models", {answer.record.model_fingerprint for answer in answers} - {""}),
        ("reference databases", {answer.record.database_fingerprint for answer in answers} - {""}),
    ):
        if len(used) > 1:
            yield f"Not all readers searched with the same: there were {len(used)} {name}."
    unfinished = sum(
        session.n_questions > sum(one.session_dir == folder for one in answers)
        for folder, session in sessions.items()
    )
    if unfinished:
        yield f"{unfinished} of the sessions {'is' if unfinished == 1 else 'are'} not complete."


def _sessions(answers: Sequence[StoredAnswer]) -> dict[Path, SessionRecord]:
    """By their folders; those of the published program tell nothing of themselves."""
    found = {}
    for folder in dict.fromkeys(answer.session_dir for answer in answers):
        with suppress(SbmirError):
            found[folder] = read_session(folder)
    return found


def _write(out_dir: Path, files: Mapping[str, bytes]) -> None:
    try:
        (out_dir / PLOTS_DIR).mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            with atomic_write(out_dir / name) as stream:
                stream.write(content)
    except OSError as error:
        raise NotFoundError(
            f"The report cannot be written to {out_dir}.",
            why=str(error),
            remedy="Name another folder with --out.",
        ) from error
