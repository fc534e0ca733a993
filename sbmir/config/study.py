"""The settings of a reader study: stages and their questions, a file of their own."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from sbmir.config.reader import STRICT, read_config

MOST_YEARS = 50
"""Of experience that a reader can state; the fewest are 1."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ImageQuestion:
    """A case that is shown and has to be found again; slices count from 0."""

    type: Literal["image"]
    patient_id: str
    slice_num: int


@dataclass(frozen=True, kw_only=True, config=STRICT)
class TextQuestion:
    """A case that is described in words."""

    type: Literal["text"]
    statement: str


Question = Annotated[ImageQuestion | TextQuestion, Field(discriminator="type")]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class StageSettings:
    """Questions that are asked in the same manner.

    Attributes
    ----------
    message:
        What the reader is asked to do.
    show_label_map:
        Whether the label map of a target is shown beside its images.
    """

    message: str
    show_label_map: bool = False
    questions: tuple[Question, ...]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class StudySettings:
    """A whole study."""

    stages: tuple[StageSettings, ...]

    @property
    def fingerprint(self) -> str:
        """Changes with every question: a session goes on only with the questions it began with."""
        content = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    @property
    def n_questions(self) -> int:
        """Of all stages."""
        return sum(len(stage.questions) for stage in self.stages)


def read_study(path: Path) -> StudySettings:
    """Read the questions of a study; see ``read_config`` for what it raises."""
    return read_config(path, StudySettings)
