"""How one searches: everything that the window lets one set, apart from the sketch itself."""

from __future__ import annotations

from dataclasses import dataclass

from App.model.reference import SearchRequest
from App.model.sketch import Sketch
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

    def for_sketch(
        self, template: SliceKey, sketch: Sketch, extent_mm: tuple[float, float], top: int
    ) -> SearchRequest:
        """Ask for what is similar to a sketch on a slice picture of that height and width."""
        return SearchRequest(
            template, sketch, extent_mm, self.weight, top, self.mirror, self.filters
        )

    def for_example(self, example: SliceKey, top: int) -> SearchRequest:
        """Ask for what is similar to a reference slice."""
        return SearchRequest(
            example, Sketch(), (0.0, 0.0), self.weight, top, self.mirror, self.filters, example
        )
