"""The folders of results: a session of a reader, and in it a folder for each answered question.

They are laid out as the published program does: ``<data set type>/<user>_yexp_<years>_<time>/``
``stage_num_s/question_num_q/``. A question's folder appears whole or not at all. ``session.json``
and ``target_image.png`` are ours; results without them are read as well.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sbmir.errors import DataError, NotFoundError, SbmirError
from sbmir.files import atomic_folder, is_temporary, write_text
from sbmir.json_file import read_json
from sbmir.labels import TissueClass
from sbmir.layout import question_path, session_folder_name
from sbmir.study.pictures import sketch_picture, template_picture
from sbmir.study.records import TIME_FORMAT, QuestionRecord, SessionRecord, check_record

SESSION_FILE = "session.json"
RESULT_FILE = "result.json"
TARGET_PICTURE = "target_image.png"
SKETCH_PICTURE = "sketch_image.png"

MOST_BYTES = 2**22
LARGEST_EDGE = 4096

_QUESTION = re.compile(r"question_num_(?P<number>\d{1,4})")
_STAGE = re.compile(r"stage_num_(?P<number>\d{1,4})")


@dataclass(frozen=True, eq=False)
class Answer:
    """An answered question with what belongs to it.

    Attributes
    ----------
    template:
        The slice that was sketched on, (3, rows, columns) float32, as the networks see it.
    sketch:
        Class ids, (rows, columns) uint8.
    target:
        A picture of the presented case, (rows, columns, 3) uint8; None for a statement.
    """

    record: QuestionRecord
    template: NDArray[np.float32]
    sketch: NDArray[np.uint8]
    target: NDArray[np.uint8] | None = None


@dataclass(frozen=True)
class StoredAnswer:
    """An answered question on the disk."""

    folder: Path
    record: QuestionRecord

    @property
    def session_dir(self) -> Path:
        """The folder of the reader's session."""
        return self.folder.parent.parent

    def sketch(self) -> NDArray[np.uint8]:
        """Read the class ids of the sketch, (rows, columns) uint8.

        Raises
        ------
        NotFoundError, DataError
            Where they are not there, damaged, or no class ids.
        """
        sketch = _load_array(self.folder / "sketch_image.npy", np.dtype(np.uint8), 2)
        if sketch.max(initial=0) > max(TissueClass):
            raise DataError(f"The sketch in {self.folder} holds unknown classes.")
        return sketch

    def template(self) -> NDArray[np.float32]:
        """Read the slice that was sketched on, (3, rows, columns) float32.

        Raises
        ------
        NotFoundError, DataError
            Where it is not there, damaged, or of another shape than the sketch.
        """
        template = _load_array(self.folder / "template_image.npy", np.dtype(np.float32), 3)
        if template.shape != (3, *self.sketch().shape):
            raise DataError(f"Template and sketch in {self.folder} do not fit together.")
        return template


# --- Writing ----------------------------------------------------------------------------------


def create_session(
    results_dir: Path, session: SessionRecord, started: datetime
) -> tuple[Path, SessionRecord]:
    """Make the folder of a session that starts now, and write down whose it is.

    Returns
    -------
    The folder, and the record with its id and its time: a second later than ``started`` where the
    same reader has a session of that second.

    Raises
    ------
    NotFoundError
        Where the folder cannot be written.
    """
    while True:
        created_at = started.strftime(TIME_FORMAT)
        name = session_folder_name(session.user_name, session.y_experience, created_at)
        folder = results_dir / session.dataset_type / name
        try:
            if folder.exists():
                started += timedelta(seconds=1)
                continue
            folder.parent.mkdir(parents=True, exist_ok=True)
            record = replace(session, session_id=secrets.token_hex(12), created_at=created_at)
            with atomic_folder(folder, outlives_power=True) as staging:
                _write_json(staging / SESSION_FILE, record.as_json())
        except OSError as error:
            raise _not_writable(results_dir, error) from error
        return folder, record


def write_answer(session_dir: Path, answer: Answer) -> Path:
    """Write an answered question, whole or not at all; one that is there is replaced.

    Raises
    ------
    DataError
        Where the record contradicts itself.
    NotFoundError
        Where the folder cannot be written.
    """
    record = answer.record
    check_record(record)
    folder = question_path(session_dir, record.stage_num, record.question_num)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with atomic_folder(folder, outlives_power=True) as staging:
            np.save(staging / "template_image.npy", answer.template.astype(np.float32))
            np.save(staging / "sketch_image.npy", answer.sketch.astype(np.uint8))
            Image.fromarray(template_picture(answer.template)).save(staging / "template_image.png")
            Image.fromarray(sketch_picture(answer.sketch)).save(staging / SKETCH_PICTURE)
            if answer.target is not None:
                Image.fromarray(answer.target).save(staging / TARGET_PICTURE)
            _write_json(staging / RESULT_FILE, record.as_json())
    except OSError as error:
        raise _not_writable(session_dir, error) from error
    return folder


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _not_writable(folder: Path, error: OSError) -> NotFoundError:
    return NotFoundError(
        f"The results of the study cannot be written to {folder}.",
        why=str(error),
        remedy="Make room on the disk, mend the folder's permissions, or name another folder in "
        "paths.save_result_path of the settings.",
    )


# --- Reading ----------------------------------------------------------------------------------


def read_session(session_dir: Path) -> SessionRecord:
    """Read whose session a folder holds.

    Raises
    ------
    NotFoundError, DataError
        Where that is not there, or damaged.
    """
    path = session_dir / SESSION_FILE
    return read_json(path, SessionRecord, called="session", most_bytes=MOST_BYTES)


def read_answer(folder: Path) -> StoredAnswer:
    """Read an answered question and check it.

    Raises
    ------
    NotFoundError, DataError
        Where it is not there, damaged, contradicts itself or its folder's name.
    """
    path = folder / RESULT_FILE
    record = read_json(path, QuestionRecord, called="result", most_bytes=MOST_BYTES)
    try:
        check_record(record)
    except DataError as error:
        raise DataError(f"{path}: {error.what}", why=error.why) from error
    if _numbers(folder) != (record.stage_num, record.question_num):
        raise DataError(
            f"{path} is of another question than its folder says.",
            why=f"It says stage {record.stage_num}, question {record.question_num}.",
        )
    return StoredAnswer(folder, record)


def answered(session_dir: Path) -> set[tuple[int, int]]:
    """Which questions of a session are answered: (stage, question), both from 1."""
    return {numbers for numbers, _ in _question_folders(session_dir)}


def answer_folders(session_dir: Path) -> list[Path]:
    """The folders of a session's answered questions, in order."""
    return [folder for _, folder in sorted(_question_folders(session_dir))]


def started_sessions(sessions_dir: Path) -> list[Path]:
    """The sessions of a data set type that our program has begun, answered or not.

    Those of the published program do not say whose they are.
    """
    found = (path.parent for path in sessions_dir.glob(f"*/{SESSION_FILE}"))
    return sorted(folder for folder in found if not is_temporary(folder))


def session_folders(results_dir: Path) -> list[Path]:
    """Every session with answers at or below a folder: of one reader, one data set type, or all."""
    found = {
        path.parents[2]
        for path in results_dir.rglob(RESULT_FILE)
        if _numbers(path.parent) and not any(is_temporary(above) for above in path.parents)
    }
    return sorted(folder for folder in found if folder.is_relative_to(results_dir))


def read_results(results_dir: Path) -> tuple[list[StoredAnswer], dict[Path, SbmirError]]:
    """Read all answered questions at or below a folder, and what is wrong with the others.

    Raises
    ------
    NotFoundError
        Where the folder is not there.
    """
    if not results_dir.is_dir():
        raise NotFoundError(
            f"The folder of results {results_dir} is not there.",
            remedy="Name the folder of paths.save_result_path, or one in it.",
        )
    answers, failed = [], {}
    for session_dir in session_folders(results_dir):
        for folder in answer_folders(session_dir):
            try:
                answers.append(read_answer(folder))
            except SbmirError as error:
                failed[folder] = error
    return answers, failed


def _question_folders(session_dir: Path) -> Iterator[tuple[tuple[int, int], Path]]:
    for folder in session_dir.glob("stage_num_*/question_num_*"):
        numbers = _numbers(folder)
        if numbers is not None and (folder / RESULT_FILE).is_file():
            yield numbers, folder


def _numbers(folder: Path) -> tuple[int, int] | None:
    stage, question = _STAGE.fullmatch(folder.parent.name), _QUESTION.fullmatch(folder.name)
    if stage is None or question is None:
        return None
    return int(stage["number"]), int(question["number"])


def _load_array(path: Path, dtype: np.dtype[Any], n_axes: int) -> NDArray[Any]:
    try:
        # Mapped, not read: the header may claim more than there is, or than there is room for.
        array: NDArray[Any] = np.lib.format.open_memmap(path, mode="r")
    except FileNotFoundError:
        raise NotFoundError(f"The picture {path} is not there.") from None
    except (OSError, ValueError, MemoryError) as error:
        raise DataError(f"The picture {path} cannot be read.", why=str(error)) from error
    if array.ndim != n_axes or array.dtype != dtype or max(array.shape) > LARGEST_EDGE:
        raise DataError(f"{path} does not hold such a picture: {array.dtype}, {array.shape}.")
    return np.array(array)
