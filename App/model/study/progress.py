"""What a reader has done at a question so far: times, counts, sketch, ticks; kept for a crash."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field
from pydantic.dataclasses import dataclass as checked_dataclass

from App.model.sketch_document import DocumentContent, SketchDocument, as_json, document_of
from sbmir.errors import DataError, NotFoundError
from sbmir.files import write_text
from sbmir.json_file import STRICT_JSON, read_json

DRAFT_FILE = "draft.json"
MOST_BYTES = 2**25

Ticks = tuple[bool, bool, bool]
"""Size, location, pattern of contrast enhancement."""

NO_TICKS: Ticks = (False, False, False)

_Seconds = Annotated[float, Field(ge=0)]
_Count = Annotated[int, Field(ge=0)]


class StopWatch:
    """Seconds that a question is worked on; stands still while the window is closed.

    Parameters
    ----------
    now:
        A clock in seconds that never goes back.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._before = 0.0
        self._since: float | None = None

    def start(self, seconds: float = 0.0) -> None:
        """Count on from a number of seconds."""
        self._before = seconds
        self._since = self._now()

    def stop(self) -> None:
        """Stand still."""
        self._before = self.seconds
        self._since = None

    @property
    def is_running(self) -> bool:
        """Whether time passes."""
        return self._since is not None

    @property
    def seconds(self) -> float:
        """What was counted."""
        return self._before + (0.0 if self._since is None else self._now() - self._since)


@checked_dataclass(frozen=True, kw_only=True, config=STRICT_JSON)
class Effort:
    """What answering a question takes; seconds are None until it happens."""

    seconds_to_first_stroke: _Seconds | None = None
    seconds_to_search: _Seconds | None = None
    n_searches: _Count = 0
    n_strokes: _Count = 0
    n_undos: _Count = 0

    def with_pen_down(self, seconds: float) -> Effort:
        """A stroke begins; only the first counts."""
        if self.seconds_to_first_stroke is not None:
            return self
        return replace(self, seconds_to_first_stroke=seconds)

    def with_stroke(self) -> Effort:
        """A stroke has become a step."""
        return replace(self, n_strokes=self.n_strokes + 1)

    def with_undo(self) -> Effort:
        """A step was taken back."""
        return replace(self, n_undos=self.n_undos + 1)

    def with_search(self, seconds: float) -> Effort:
        """A search was asked for."""
        first = seconds if self.seconds_to_search is None else self.seconds_to_search
        return replace(self, seconds_to_search=first, n_searches=self.n_searches + 1)


@dataclass(frozen=True, eq=False)
class Draft:
    """A question that is being answered.

    Attributes
    ----------
    numbers:
        Stage and question, from 1.
    seconds:
        Since it was shown.
    drawn:
        The sketch, which may be empty, on its slice.
    searched:
        The sketch of the search whose results are shown; None before the first.
    ticks:
        The judgement of retrieved slices, by patient and slice number.
    """

    numbers: tuple[int, int]
    seconds: float
    effort: Effort
    drawn: SketchDocument
    searched: SketchDocument | None = None
    ticks: Mapping[tuple[str, int], Ticks] = field(default_factory=dict)


@checked_dataclass(frozen=True, kw_only=True, config=STRICT_JSON)
class _Tick:
    patient_id: str
    slice_num: _Count
    points: Ticks


@checked_dataclass(frozen=True, kw_only=True, config=STRICT_JSON)
class _Content:
    numbers: tuple[int, int]
    seconds: _Seconds
    effort: Effort
    drawn: DocumentContent
    searched: DocumentContent | None
    ticks: tuple[_Tick, ...]


def write_draft(session_dir: Path, draft: Draft) -> None:
    """Keep a draft in place of the one before.

    Raises
    ------
    OSError
        Where the folder cannot be written or the disk is full.
    """
    content: dict[str, Any] = {
        "numbers": draft.numbers,
        "seconds": draft.seconds,
        "effort": asdict(draft.effort),
        "drawn": as_json(draft.drawn),
        "searched": None if draft.searched is None else as_json(draft.searched),
        "ticks": [
            {"patient_id": patient, "slice_num": index, "points": points}
            for (patient, index), points in draft.ticks.items()
        ],
    }
    write_text(session_dir / DRAFT_FILE, json.dumps(content, separators=(",", ":")) + "\n")


def read_draft(session_dir: Path) -> Draft | None:
    """Read the draft of a session; None where there is none.

    Raises
    ------
    DataError
        Where it is damaged.
    """
    try:
        read = read_json(session_dir / DRAFT_FILE, _Content, called="draft", most_bytes=MOST_BYTES)
    except NotFoundError:
        return None
    try:
        return Draft(
            read.numbers,
            read.seconds,
            read.effort,
            document_of(read.drawn),
            None if read.searched is None else document_of(read.searched),
            {(one.patient_id, one.slice_num): one.points for one in read.ticks},
        )
    except DataError as error:
        raise DataError(f"The draft in {session_dir} cannot be used.", why=str(error)) from error
