"""What the user chose to search with, and what of it is not in place yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from App.model.problem import Problem
from sbmir.config.application import DatasetType, ModelSettings


@dataclass(frozen=True)
class Choice:
    """A data set and the model that compares its slices.

    Attributes
    ----------
    is_testing:
        Whether a reader study is wanted, and not a search of one's own.
    """

    dataset: DatasetType
    model: ModelSettings
    is_testing: bool = False

    @property
    def is_in_place(self) -> bool:
        """Whether the files that a search needs are there."""
        return not any(self._missing())

    def patient_folders(self) -> tuple[str, ...]:
        """Names of the folders of slices, without a look into them; none where nothing is there."""
        if not self.dataset.slices_dir.is_dir():
            return ()
        return tuple(
            sorted(
                entry.name
                for entry in self.dataset.slices_dir.iterdir()
                if entry.is_dir() and not entry.name.startswith(".")
            )
        )

    def template_patients(self) -> tuple[str, ...]:
        """Who can be sketched on: those of the settings first, then all others with slices."""
        present = self.patient_folders()
        named = tuple(name for name in self.dataset.template_patients if name in present)
        others = tuple(name for name in present if name not in named)
        return (*named, *others) or self.dataset.template_patients

    def study_templates(self) -> tuple[str, ...]:
        """Who can be sketched on in a reader study: none but those of the settings."""
        return self.dataset.template_patients

    def missing_patients(self) -> Problem | None:
        """Explain that the data set is not there and how to get it; None where it is there."""
        if self.dataset.slices_dir.is_dir():
            return None
        return Problem(
            f"The patients of {self.dataset.name} are not in place yet.",
            why=f"There is no folder of preprocessed slices: {self.dataset.slices_dir}",
            remedy=self._how_to_get_patients(),
        )

    def what_is_missing(self) -> Problem | None:
        """Explain all that is not there and how to get it; None where nothing is missing."""
        missing = list(self._missing())
        if not missing:
            return None
        return Problem(
            f"{self.dataset.name} cannot be searched yet.",
            why="\n".join(what for what, _ in missing),
            remedy="\n".join(remedy for _, remedy in missing),
        )

    def _missing(self) -> Iterator[tuple[str, str]]:
        if not self.dataset.slices_dir.is_dir():
            yield (
                f"The preprocessed slices are not there: {self.dataset.slices_dir}",
                self._how_to_get_patients(),
            )
        if not self.model.checkpoint.is_file():
            yield (
                f"The model's checkpoint is not there: {self.model.checkpoint}",
                self.model.obtain or "Place it there, or name its place in the settings.",
            )

    def _how_to_get_patients(self) -> str:
        return self.dataset.obtain or f"Preprocess the patients of {self.dataset.volumes_dir}."
