"""Which reference slices may be found: filters by what the slices show."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked_dataclass

from sbmir.catalogue import Side
from sbmir.config.reader import STRICT
from sbmir.errors import ConfigError, DataError
from sbmir.keys import SliceKey

if TYPE_CHECKING:  # it loads pymongo, which waits for the background
    from sbmir.database.repository import SliceRecord

MM2_PER_CM2 = 100.0


@checked_dataclass(frozen=True, config=STRICT)
class Filters:
    """What a slice must show to be found; a value of None lets everything through.

    Attributes
    ----------
    side:
        The patient's side that the slice's lesion lies on; a slice without lesion lies on none.
    enhancing:
        True: the slice shows enhancing tumour. False: no slice of its patient does.
    min_lesion_cm2, max_lesion_cm2:
        Limits of the area of the slice's whole lesion, both included.

    Raises
    ------
    ConfigError
        Where a limit is below 0 or not finite, or the limits leave nothing between them.
    """

    side: Side | None = None
    enhancing: bool | None = None
    min_lesion_cm2: float | None = None
    max_lesion_cm2: float | None = None

    def __post_init__(self) -> None:
        limits = [x for x in (self.min_lesion_cm2, self.max_lesion_cm2) if x is not None]
        if any(not 0 <= limit < math.inf for limit in limits) or limits != sorted(limits):
            raise ConfigError(
                f"No lesion has an area from {self.min_lesion_cm2} to {self.max_lesion_cm2} cm².",
                remedy="Give a smallest and a largest area in cm², such as 2 and 20.",
            )

    @property
    def by_area(self) -> bool:
        """Whether the area of the lesion counts."""
        return self.min_lesion_cm2 is not None or self.max_lesion_cm2 is not None

    @property
    def count(self) -> int:
        """How many filters are on; both limits of the area are one."""
        return (self.side is not None) + (self.enhancing is not None) + self.by_area

    def as_json(self) -> dict[str, Any]:
        """Return the filters that are on, by name, as JSON can hold them."""
        values: dict[str, Any] = TypeAdapter(Filters).dump_python(
            self, mode="json", exclude_none=True
        )
        return values

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Filters:
        """Make filters of what ``as_json`` gave.

        Raises
        ------
        DataError
            For unknown names, and for values that make no sense.
        """
        try:
            return TypeAdapter(Filters).validate_python(dict(content))
        except ValidationError as error:
            mistakes = error.errors(include_url=False, include_input=False)
            why = "; ".join(f"{mistake['loc'][0]}: {mistake['msg']}" for mistake in mistakes)
        except ConfigError as error:
            why = error.what
        raise DataError(f"The filters of a search make no sense: {dict(content)!r}.", why=why)

    @property
    def is_off(self) -> bool:
        """Whether every slice may be found."""
        return not self.count


NO_FILTERS = Filters()


@dataclass(frozen=True, eq=False)
class SliceTable:
    """What is known of the slices that are searched, a row for each.

    Attributes
    ----------
    sides:
        The ``Side`` or None, as objects.
    enhancing, patient_enhances:
        bool: whether the slice, and any slice of its patient, shows enhancing tumour.
    lesion_cm2:
        float64, NaN where the size of a pixel is not known.
    representative:
        bool: whether it is its patient's slice with the largest lesion.
    """

    sides: NDArray[np.object_]
    enhancing: NDArray[np.bool_]
    patient_enhances: NDArray[np.bool_]
    lesion_cm2: NDArray[np.float64]
    representative: NDArray[np.bool_]

    @classmethod
    def of(cls, keys: Sequence[SliceKey], records: Iterable[SliceRecord]) -> SliceTable:
        """Put the records in the order of ``keys``; a key without a record passes no filter."""
        count = len(keys)
        rows = {key: row for row, key in enumerate(keys)}
        sides = np.full(count, None, object)
        enhancing, representative = np.zeros((2, count), bool)
        lesion_cm2 = np.full(count, np.nan)
        unknown = np.ones(count, bool)
        enhancing_patients: set[tuple[str, str]] = set()
        for record in records:
            if record.lesion_pixels[2]:
                enhancing_patients.add((record.key.dataset, record.key.patient))
            row = rows.get(record.key)
            if row is None:
                continue
            unknown[row] = False
            sides[row] = record.side
            enhancing[row] = record.lesion_pixels[2] > 0
            representative[row] = record.representative
            if record.pixel_mm2 is not None:
                lesion_cm2[row] = sum(record.lesion_pixels) * record.pixel_mm2 / MM2_PER_CM2
        owners = ((key.dataset, key.patient) for key in keys)
        patient_enhances = np.fromiter((one in enhancing_patients for one in owners), bool, count)
        return cls(sides, enhancing, patient_enhances | unknown, lesion_cm2, representative)

    def passing(self, filters: Filters) -> NDArray[np.bool_]:
        """Tell for each slice whether it may be found.

        Raises
        ------
        DataError
            Where areas are asked for and none is known.
        """
        passing = np.ones(len(self.sides), bool)
        if filters.side is not None:
            passing &= self.sides == filters.side
        if filters.enhancing is not None:
            passing &= self.enhancing if filters.enhancing else ~self.patient_enhances
        if filters.by_area:
            if np.isnan(self.lesion_cm2).all():
                raise DataError(
                    "The reference database does not say how large the lesions are.",
                    why="It was filled before sizes were stored, or the slices have no geometry.",
                    remedy="Run: sbmir ingest",
                )
            low, high = filters.min_lesion_cm2, filters.max_lesion_cm2
            passing &= self.lesion_cm2 >= (0.0 if low is None else low)
            passing &= self.lesion_cm2 <= (math.inf if high is None else high)
        return passing
