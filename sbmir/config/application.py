"""The settings of the application: what `App/config.yaml` may hold."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import Field, field_validator
from pydantic.dataclasses import dataclass

from sbmir.config.mongodb import MongoSettings
from sbmir.config.reader import STRICT, ConfigPath, read_config
from sbmir.errors import ConfigError
from sbmir.labels import PAINT_ORDER, TissueClass
from sbmir.layout import STUDY_RESULTS
from sbmir.networks.sizes import NetworkSizes


@dataclass(frozen=True, kw_only=True, config=STRICT)
class StructureSettings:
    """A structure that can be sketched: its name, class id and colour (``#rrggbb``)."""

    name: str
    tissue: TissueClass
    color: Annotated[str, Field(pattern="^#[0-9a-fA-F]{6}$")]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ModalitySettings:
    """An image shown to the user: its name in the window and its pattern in file names."""

    name: str
    pattern: str


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ModelSettings:
    """A trained model, where its codes lie, and how its codes are compared."""

    name: str
    checkpoint: ConfigPath
    codes_dir: ConfigPath
    networks: NetworkSizes
    metric: Literal["published", "balanced"] = "published"
    weight: Annotated[float, Field(ge=0, le=1)] = 0.5
    sketch_precision: Literal["float32", "bfloat16"] = "float32"
    """What sketches are encoded in: bfloat16 is faster and moves their codes by a hundredth."""
    obtain: str = ""
    """What to do where the checkpoint is not there."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class DatasetType:
    """A reference data set that can be chosen at the start of the application."""

    name: str
    data_set: str
    volumes_dir: ConfigPath
    slices_dir: ConfigPath
    template_patients: Annotated[tuple[str, ...], Field(min_length=1)]
    modalities: Annotated[tuple[ModalitySettings, ...], Field(min_length=1)]
    preferred_modality: str
    obtain: str = ""
    """What to do where the preprocessed slices are not there."""
    models: Annotated[tuple[ModelSettings, ...], Field(min_length=1)]
    study: ConfigPath | None = None
    """The questions of a reader study; without them none is offered."""

    @field_validator("preferred_modality")
    @classmethod
    def _is_a_modality(cls, name: str, info: object) -> str:
        modalities = getattr(info, "data", {}).get("modalities", ())
        names = [modality.name for modality in modalities]
        if names and name not in names:
            raise ValueError(f"must be one of {', '.join(names)}")
        return name

    def model(self, name: str | None = None) -> ModelSettings:
        """The model of that name, or the first where none is named."""
        return _named(self.models, name, f"model of {self.name}")


@dataclass(frozen=True, kw_only=True, config=STRICT)
class WindowSettings:
    """Size of the main window at its first start, in device-independent pixels; its colours."""

    width: Annotated[int, Field(ge=640)] = 1280
    height: Annotated[int, Field(ge=480)] = 800
    theme: Literal["system", "light", "dark"] = "system"


@dataclass(frozen=True, kw_only=True, config=STRICT)
class SearchSettings:
    """How the reference database is searched, and how many patients are shown."""

    engine: Literal["exact"] = "exact"
    top_k: Annotated[int, Field(ge=1)] = 10


@dataclass(frozen=True, kw_only=True, config=STRICT)
class PathSettings:
    """Where the application writes what is to be kept."""

    save_result_path: ConfigPath = STUDY_RESULTS
    """Results of reader studies."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class AppConfig:
    """All settings of the application."""

    project_name: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,38}$")] = "sbmir"
    mongodb: MongoSettings = MongoSettings()
    paths: PathSettings = PathSettings()
    window: WindowSettings = WindowSettings()
    search: SearchSettings = SearchSettings()
    structures: tuple[StructureSettings, ...]
    dataset_types: Annotated[tuple[DatasetType, ...], Field(min_length=1)]

    @field_validator("structures")
    @classmethod
    def _are_all_tissues(
        cls, structures: tuple[StructureSettings, ...]
    ) -> tuple[StructureSettings, ...]:
        if sorted(structure.tissue for structure in structures) != sorted(PAINT_ORDER):
            ids = ", ".join(str(int(tissue)) for tissue in PAINT_ORDER)
            raise ValueError(f"must hold each of the tissues {ids} once")
        return structures

    def dataset_type(self, name: str | None = None) -> DatasetType:
        """The dataset type of that name, or the first where none is named."""
        return _named(self.dataset_types, name, "dataset type")


def read_app_config(path: Path) -> AppConfig:
    """Read and check the settings of the application; see ``read_config`` for what it raises."""
    return read_config(path, AppConfig)


N = TypeVar("N", DatasetType, ModelSettings)


def _named(items: Sequence[N], name: str | None, kind: str) -> N:
    if name is None:
        return items[0]
    for item in items:
        if item.name == name:
            return item
    known = [item.name for item in items]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(known)}."
    raise ConfigError(f"There is no {kind} named {name!r}.", remedy=hint)
