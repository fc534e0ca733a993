"""The shape of ``preprocess_config.json``: dataset name → from where, to where, modalities."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from sbmir.config.reader import STRICT, ConfigPath

_FileNamePart = Annotated[str, Field(pattern=r"^[^/\\\x00-\x1f]+$", max_length=32)]
_SavePattern = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$", max_length=32)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ModalitySettings:
    """One file of a patient: the modality's name, and its pattern in file names, old and new."""

    name: str
    pattern: _FileNamePart
    save_pattern: _SavePattern

    @property
    def is_segmentation(self) -> bool:
        """The modality named ``SEG`` holds labels, every other an image."""
        return self.name.upper() == "SEG"


@dataclass(frozen=True, kw_only=True, config=STRICT)
class DatasetPreprocessing:
    """How one dataset is turned from volumes into slices of ``image_size`` square pixels."""

    src_dir_path: ConfigPath
    dst_dir_path: ConfigPath
    image_size: Annotated[int, Field(ge=1, le=4096)]
    modalities: Annotated[tuple[ModalitySettings, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _check(self) -> DatasetPreprocessing:
        saved = [modality.save_pattern for modality in self.modalities]
        if len(set(saved)) < len(saved):
            raise ValueError("two modalities have the same save_pattern")
        if sum(modality.is_segmentation for modality in self.modalities) > 1:
            raise ValueError("two modalities are named SEG")
        if self.dst_dir_path.resolve().is_relative_to(self.src_dir_path.resolve()):
            raise ValueError("dst_dir_path must lie outside src_dir_path")
        return self


PreprocessingConfig = dict[str, DatasetPreprocessing]
"""What `sbmir.config.reader.read_config` reads the file into."""
