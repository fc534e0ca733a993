"""How one searches: everything that the window lets one set, apart from the sketch itself."""

from __future__ import annotations

from dataclasses import dataclass

from sbmir.filters import NO_FILTERS, Filters
from sbmir.keys import SliceKey


@dataclass(frozen=True)
class SearchOptions:
    """The settings of the next search.

    Attributes
    ----------
    weight:
        0 compares the anatomy only, 1 the lesion only.
    mirror:
        Whether the query, slice and sketch, is flipped left to right.
    filters:
        What a slice must show to be found.
    example:
        A reference slice that is the query instead of the sketch.
    live:
        Whether each step on the sketch searches again by itself.
    """

    weight: float
    mirror: bool = False
    filters: Filters = NO_FILTERS
    example: SliceKey | None = None
    live: bool = False
